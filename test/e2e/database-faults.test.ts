import './database-faults.e2e.ts';
