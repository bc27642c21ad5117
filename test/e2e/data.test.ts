/** Rollbacks of configuration, data and everything at once, in one file so that they share a theatre. */
import './database.e2e.ts';
import './full.e2e.ts';
import './configuration.e2e.ts';
