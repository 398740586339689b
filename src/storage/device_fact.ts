/** The name of the fact that says on which device SESSIONS_DIR lay, as this machine numbers it; '' is the only one. */
export function deviceFact(machine: string): string {
  return machine === '' ? 'sessions_dir.device' : `sessions_dir.device.${machine}`;
}
