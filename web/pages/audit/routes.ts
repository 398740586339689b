import { AuditPage } from './audit_page.js';

/** The page of the audit log. */
export const routes = { '/audit': AuditPage };
