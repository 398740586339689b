/** What the service says in `detail` where a program must branch: a code, and facts that go with it. */
export interface ErrorFacts {
  readonly error?: string;
  readonly message?: string;
  readonly [fact: string]: unknown;
}

interface Issue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

interface ErrorBody {
  readonly detail?: string | ErrorFacts | readonly Issue[];
  readonly code?: string;
  readonly field?: string;
}

/** The service answered with an error. */
export class ApiError extends Error {
  readonly status: number;
  /** Which error it is; stable. */
  readonly code: string;
  /** The field that is wrong, by its name in the API. */
  readonly field: string | null;
  readonly facts: ErrorFacts;
  /** In seconds; null: unknown. */
  readonly retryAfter: number | null;
  /** What is wrong with each field, by its name in the API. */
  readonly issues: Readonly<Record<string, string>>;

  constructor(status: number, { detail, code, field }: ErrorBody, retryAfter: number | null) {
    super(inWords(detail) ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = code ?? '';
    this.field = field ?? null;
    this.facts = detail && typeof detail === 'object' && !isIssues(detail) ? detail : {};
    this.retryAfter = retryAfter;
    this.issues = isIssues(detail)
      ? Object.fromEntries(detail.map(({ loc, msg }) => [String(loc[1] ?? ''), msg]))
      : {};
  }

  static async of(answer: Response): Promise<ApiError> {
    const body: ErrorBody = await answer.json().catch(() => ({}));
    const seconds = Number(answer.headers.get('Retry-After'));
    return new ApiError(answer.status, body, seconds > 0 ? seconds : null);
  }

  /** Whether the service no longer knows who asks, and not just refuses this request. */
  get signedOut(): boolean {
    return this.status === 401 || this.code === 'invalid_api_key';
  }
}

/** There was no answer. */
export class ServiceUnreachable extends Error {
  constructor(options: ErrorOptions) {
    super('The service cannot be reached', options);
    this.name = 'ServiceUnreachable';
  }
}

function isIssues(detail: ErrorBody['detail']): detail is readonly Issue[] {
  return Array.isArray(detail);
}

function inWords(detail: ErrorBody['detail']): string | null {
  if (typeof detail === 'string') return detail;
  if (isIssues(detail)) return detail.map(({ msg }) => msg).join('; ');
  return detail?.message ?? detail?.error ?? null;
}
