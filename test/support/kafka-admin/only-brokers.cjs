// Loaded into a function's process first: whatever is not a port of the brokers can not be reached, and is written down.
const { appendFileSync } = require('node:fs');
const net = require('node:net');

const allowed = process.env.ALLOWED_PORTS.split(',').map(Number);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [options] = net._normalizeArgs(Array.isArray(args[0]) ? args[0] : args);
  if (!allowed.includes(Number(options.port))) {
    appendFileSync(process.env.REFUSED_FILE, `${options.host}:${options.port ?? options.path}\n`);
    process.nextTick(() => this.destroy(Object.assign(new Error('connect EHOSTUNREACH'), { code: 'EHOSTUNREACH' })));
    return this;
  }
  return connect.apply(this, args);
};
