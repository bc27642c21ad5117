/** Other targets of a site, and what can go wrong with it; one file, so that the topics share one theatre. */
import './frontend-more.e2e.ts';
import './frontend-faults.e2e.ts';
