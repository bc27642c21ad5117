/** What can go wrong with a database, in one file so that the topics share a theatre. */
import './database-faults.e2e.ts';
import './database-names.e2e.ts';
import './database-questions.e2e.ts';
