// Runs statements of the standard input, one a line, through trino-client; writes for each a line of JSON.
const {Trino, BasicAuth} = require('trino-client');
const readline = require('readline');

const [server, user, password] = process.argv.slice(2);
const client = Trino.create({
  server, catalog: 'lake', schema: 'silver', source: 'foz-tests', auth: new BasicAuth(user, password),
  extraHeaders: {'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME'},
});

async function run(sql) {
  if (sql.startsWith('cancel ')) {
    const iterator = await client.query(sql.slice('cancel '.length));
    const first = await iterator.next();
    const id = first.value.id;
    await client.cancel(id);
    const info = await client.queryInfo(id);
    return {state: info.state, source: info.session.source};
  }

  const rows = [];
  let columns = [];
  let error;
  const iterator = await client.query(sql);
  for await (const page of iterator) {
    if (page.columns) columns = page.columns.map(column => `${column.name} ${column.type}`);
    if (page.data) rows.push(...page.data);
    if (page.error) error = `${page.error.errorName}: ${page.error.message}`;
  }

  return {columns, rows: rows.length > 100 ? rows.length : rows, error};
}

(async () => {
  for await (const sql of readline.createInterface({input: process.stdin})) {
    try {
      console.log(JSON.stringify(await run(sql)));
    } catch (e) {
      console.log(JSON.stringify({error: `${e.response ? e.response.status : e}`}));
    }
  }
})();
