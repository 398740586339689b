import { writeFileSync } from 'node:fs';
import { DASHBOARD_FILE, dashboardText } from './dashboard.js';

writeFileSync(DASHBOARD_FILE, dashboardText());
