import { afterAll, beforeAll, it } from 'vitest';
import { openTheatre, type Theatre } from './harness.ts';
let theatre: Theatre;
const cpu = () => { const {user,system}=process.cpuUsage(); return Math.round((user+system)/1000); };
beforeAll(async () => { const a=cpu(); theatre = await openTheatre(); console.log('open', cpu()-a); });
afterAll(() => theatre.close());
for (const n of [1,2]) it(`one ${n}`, async () => {
  let a=cpu(), t=Date.now(); 
  const lap=(w:string)=>{console.log(w, 'cpu', cpu()-a, 'wall', Date.now()-t); a=cpu(); t=Date.now();};
  const stage = await theatre.stage({hosts:1}); lap('stage');
  const id = await stage.start(); lap('start'); await stage.ended(id); lap('ended'); await stage.expectOrder(id); lap('order');
});
