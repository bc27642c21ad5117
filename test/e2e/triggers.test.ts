/** What starts a rollback by itself. What holds one back until somebody approves: step-faults; all parts of an application in one: data-faults. */
import './alarms.e2e.ts';
