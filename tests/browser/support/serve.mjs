// SPDX-License-Identifier: GPL-3.0-or-later

// A PBX with the module enabled, for a person to look at while the page is being written.

import { Pbx } from './pbx.mjs';

const pbx = new Pbx();
pbx.install({ live: true });
pbx.act('enable');
pbx.act('reloadFirewall');
await pbx.serve();
const stop = () => {
    pbx.destroy();
    process.exit();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
console.log(`${pbx.url}\ndisk: ${pbx.disk}\nenter its network: nsenter --net=/proc/${process.pid}/ns/net`);
setInterval(() => {}, 1 << 30);
