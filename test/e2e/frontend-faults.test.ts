import './frontend-faults.e2e.ts';
