// A conversation of node-postgres with a server; writes for each step a line of JSON.
const {Client, Pool} = require('pg');

const [host, port, user, password, database, schema] = process.argv.slice(2);
const config = {host, port: Number(port), user, password, database, ssl: process.env.PG_CA ? {ca: process.env.PG_CA} : false};

async function tell(name, step) {
  try {
    console.log(JSON.stringify([name, await step()]));
  } catch (e) {
    console.log(JSON.stringify([name, {code: e.code, position: e.position}]));
  }
}

const rows = async (client, ...query) => {
  const result = await client.query(...query);
  return {command: result.command, count: result.rowCount, fields: result.fields?.map(f => [f.name, f.dataTypeID]), rows: result.rows};
};

(async () => {
  const client = new Client(config);
  await client.connect();
  const table = `${schema}.node_items`;
  await tell('drop', () => rows(client, `drop table if exists ${table}`));
  await tell('create', () => rows(client, `create table ${table} (id bigint, name text, amount numeric(10,2), moment timestamp, tags text[], ok boolean)`));
  await tell('insert', () => rows(client, `insert into ${table} values ($1, $2, $3, $4, $5, $6), (2, null, -0.05, null, null, false)`,
    [1, 'ação "x"', '12.50', '2026-01-31 10:00:00', ['a', 'b,c'], true]));
  await tell('select', () => rows(client, `select * from ${table} order by id`));
  await tell('array', () => rows(client, {text: `select id, name from ${table} where id = any($1::bigint[]) order by id`, values: [[1, 2]], rowMode: 'array'}));
  await tell('types', () => rows(client, "select 1::int2 a, 2::int4 b, 3::int8 c, 1.5::float4 d, 2.5::float8 e, date '2026-01-31'::text f, "
    + "interval '1 day 02:03:04' g, '\\x00ff'::bytea h, '{\"a\": [1]}'::json i, true j, null k, '67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid l"));
  for (let i = 0; i < 3; i++)
    await tell('prepared', () => rows(client, {name: 'by-id', text: `select name, amount from ${table} where id = $1`, values: [1 + i % 2]}));
  await tell('several', async () => (await client.query('select 1 as a; select 2 as b')).map(r => r.rows));
  await tell('error', () => rows(client, `select nope from ${table}`));
  await tell('parameter error', () => rows(client, 'select $1::int', ['x']));
  await tell('after', () => rows(client, 'select 1 as alive'));
  await tell('transaction', async () => {
    await client.query('begin');
    const updated = await client.query(`update ${table} set amount = amount + 1 where id = 1`);
    const seen = await client.query(`select amount from ${table} where id = 1`);
    await client.query('rollback');
    const back = await client.query(`select amount from ${table} where id = 1`);
    return [updated.rowCount, seen.rows, back.rows];
  });
  await tell('failed transaction', async () => {
    await client.query('begin');
    const codes = [];
    for (const sql of ['select nope', 'select 1']) await client.query(sql).catch(e => codes.push(e.code));
    await client.query('rollback');
    return codes;
  });
  await tell('delete', () => rows(client, `delete from ${table} where id = $1`, [2]));
  await tell('timeout', async () => {
    await client.query("set statement_timeout = '200ms'");
    try {
      return await rows(client, 'select count(*) from generate_series(1, 100000000) a, generate_series(1, 100) b where a % 7 = b % 5');
    } finally {
      await client.query('reset statement_timeout');
    }
  });
  await tell('drop', () => rows(client, `drop table ${table}`));
  await client.end();

  const pool = new Pool({...config, max: 5});
  await tell('pool', async () => (await Promise.all(Array.from({length: 40}, (_, i) => pool.query('select $1::int * 2 as n', [i])))).map(r => r.rows[0].n));
  await pool.end();
  const wrong = new Client({...config, password: 'wrong'});
  await tell('wrong password', () => wrong.connect().then(() => 'in'));
  await wrong.end().catch(() => {});
})();
