/** What can go wrong in the steps and around them, and who holds a rollback back; one file, so that the topics share one theatre. */
import './approvals.e2e.ts';
import './step-faults.e2e.ts';
import './stopped.e2e.ts';
import './kept-back.e2e.ts';
import './never-started.e2e.ts';
import './meanwhile.e2e.ts';
import './roles.e2e.ts';
