/** What can go wrong on hosts, and the way back; one file, so that the topics share one theatre. */
import './code-strategy.e2e.ts';
import './undo.e2e.ts';
import './host-faults.e2e.ts';
