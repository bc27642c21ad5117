/** What starts a rollback and what holds it: alarms and approvals; one file, so that the topics share one theatre. */
import './alarms.e2e.ts';
import './approvals.e2e.ts';
