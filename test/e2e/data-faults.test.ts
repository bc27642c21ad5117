/** Configuration and data alone, and all parts in one, in one file so that they share a theatre. */
import './backups.e2e.ts';
import './configuration.e2e.ts';
import './database.e2e.ts';
import './full.e2e.ts';
import './full-more.e2e.ts';
