// What is absent stays absent. Of processes, numbers and accounts remain, never a command line.
var all = JSON.parse(value), advice = all.advice || [], cards = all.cards || [];
function sum(list) { return list.reduce(function (a, b) { return a + b; }, 0); }
function known(name) {
  var values = cards.map(function (c) { return c[name]; });
  return values.filter(function (v) { return v !== null && v !== undefined; });
}
function told(about) { return advice.filter(function (a) { return a.about === about; }); }
function text(list) { return list.map(function (a) { return a.seen + ' ' + a.action; }).join('\n'); }
cards.forEach(function (card) {
  var own = told(card.uuid), processes = card.processes || [], users = {};
  // The kernel's log names the slot: a card's address without its function.
  var slot = card.address.split('.')[0];
  var faults = (all.xids || []).filter(function (x) { return !x.switch && x.address === slot; });
  var severe = own.filter(function (a) { return a.severity === 'problem' && /^s?xid-/.test(a.fault); });
  processes.forEach(function (p) { if (p.user) { users[p.user] = true; } });
  card.advice = text(own);
  card.xid = all.xids ? (faults.length ? faults[faults.length - 1].number : 0) : null;
  card.xid_at = card.xid === null ? null : faults.length ? faults[faults.length - 1].at : 0;
  card.xid_severe = severe.map(function (a) { return a.fault; }).join(', ');
  card.process_count = card.state === 'ok' ? processes.length : null;
  card.process_stuck = card.state !== 'ok' ? null :
    processes.filter(function (p) { return p.state === 'D' || p.state === 'Z'; }).length;
  card.users = Object.keys(users).sort().join(', ');
  card.throttle = card.throttle_reasons ? card.throttle_reasons.join(', ') || 'none' : null;
  card.memory_percent = card.memory_total_bytes > 0 && card.memory_used_bytes !== null ?
    100 * card.memory_used_bytes / card.memory_total_bytes : null;
  delete card.processes;
});
all.advice = text(told(''));
all.xid_count = all.xids ? all.xids.length : null;
var load = known('utilization_percent'), power = known('power_w'), used = known('memory_used_bytes');
all.utilization_percent = load.length ? sum(load) / load.length : null;
all.power_w = power.length ? sum(power) : null;
all.memory_used_bytes = used.length ? sum(used) : null;
all.process_count = sum(known('process_count'));
delete all.xids;
return JSON.stringify(all, function (key, v) { return v === null ? undefined : v; });
