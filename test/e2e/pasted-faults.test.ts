/** What people paste, and the real AWS CLI; in one file, so that they share a theatre. */
import './aws-cli.e2e.ts';
import './pasted.e2e.ts';
