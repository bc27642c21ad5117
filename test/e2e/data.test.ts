/** Code, configuration, data and site in one rollback. Each alone, and what may go wrong with it: data-faults, database-faults. */
import './full.e2e.ts';
