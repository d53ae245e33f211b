-- Statements that would take a server where nothing bounds them. The first word behind -- says whose SQL a statement is, `ordinary` that it
-- runs in the ordinary tests too. A line without text ends a statement.

-- postgresql ordinary: a list of a thousand million numbers
select list_sort(range(1000000000))[1]

-- postgresql ordinary: one text of a gigabyte
select repeat('x', 1000000000)

-- postgresql ordinary: a text for each row
select sum(length(repeat('x', i::int * 1000))) from generate_series(1, 100000) t(i)

-- postgresql ordinary: doubling queries of WITH that are put in
with a0 as not materialized (select i x from generate_series(1, 3) t(i)), a1 as not materialized (select a.x from a0 a join a0 b on a.x = b.x), a2 as not materialized (select a.x from a1 a join a1 b on a.x = b.x), a3 as not materialized (select a.x from a2 a join a2 b on a.x = b.x), a4 as not materialized (select a.x from a3 a join a3 b on a.x = b.x), a5 as not materialized (select a.x from a4 a join a4 b on a.x = b.x), a6 as not materialized (select a.x from a5 a join a5 b on a.x = b.x), a7 as not materialized (select a.x from a6 a join a6 b on a.x = b.x), a8 as not materialized (select a.x from a7 a join a7 b on a.x = b.x), a9 as not materialized (select a.x from a8 a join a8 b on a.x = b.x), a10 as not materialized (select a.x from a9 a join a9 b on a.x = b.x), a11 as not materialized (select a.x from a10 a join a10 b on a.x = b.x), a12 as not materialized (select a.x from a11 a join a11 b on a.x = b.x), a13 as not materialized (select a.x from a12 a join a12 b on a.x = b.x), a14 as not materialized (select a.x from a13 a join a13 b on a.x = b.x), a15 as not materialized (select a.x from a14 a join a14 b on a.x = b.x), a16 as not materialized (select a.x from a15 a join a15 b on a.x = b.x), a17 as not materialized (select a.x from a16 a join a16 b on a.x = b.x), a18 as not materialized (select a.x from a17 a join a17 b on a.x = b.x) select count(*) from a18

-- trino ordinary: two long texts compared
select levenshtein_distance(lpad('a', 1000000, 'a'), lpad('b', 1000000, 'b'))

-- postgresql: the series of the issue
select list(i) from generate_series(1, 1000000000) t(i)

-- postgresql: a series in the list of columns
select generate_series(1, 1000000000)

-- postgresql: a series that is sorted
select i from generate_series(1, 1000000000) t(i) order by i desc limit 10

-- postgresql: numbers that are all different
select count(distinct i) from generate_series(1, 1000000000) t(i)

-- postgresql: groups of all rows
select max(n) from (select hash(i) h, count(*) n from generate_series(1, 1000000000) t(i) group by 1) x

-- postgresql: one text of all rows
select length(string_agg(i::text, ',')) from generate_series(1, 1000000000) t(i)

-- postgresql: one array of all rows
select array_length(array_agg(i), 1) from generate_series(1, 1000000000) t(i)

-- postgresql: one array of texts
select cardinality(array_agg(repeat('x', 1000))) from generate_series(1, 100000000) t(i)

-- postgresql: padded to the left
select length(lpad('x', 2000000000, 'yz'))

-- postgresql: padded to the right by a column
select max(length(rpad('x', (i * 100000)::int, 'ä'))) from generate_series(1, 20000) t(i)

-- postgresql: a width in a format
select length(printf('%1000000000d', 1))

-- postgresql: a width that an argument gives
select format('{:{}}', 1, i) from generate_series(1, 1000000000, 100000000) t(i)

-- postgresql: a list reduced
select list_reduce(range(10000000), lambda x, y: x + y)

-- postgresql: a list sorted for each row
select sum(list_sort(range(i))[1]) from generate_series(1, 1000000) t(i)

-- postgresql: a list in a list for each element
select len(list_transform(range(100000), lambda x: range(x)))

-- postgresql: texts in a list
select len(list_transform(range(1000000), lambda x: repeat('x', 30000)))

-- postgresql: replaced by more
select length(replace(repeat('x', 10000000), 'x', repeat('y', 1000)))

-- postgresql: split into characters
select len(string_split(repeat('x', 40000000), ''))

-- postgresql: constants while it is described
select 1 where length(repeat('x', 1000000000)) = 3

-- postgresql: a constant as a limit
select 1 limit length(repeat('x', 1000000000))

-- postgresql: a constant as an argument behind FROM
select count(*) from range(length(repeat('x', 1000000000)))

-- postgresql: cross joins of series
select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 1000) c

-- postgresql: cross joins of values
with v(x) as (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) select sum(a.x * b.x * c.x * d.x * e.x * f.x * g.x * h.x * i.x * j.x * k.x) from v a, v b, v c, v d, v e, v f, v g, v h, v i, v j, v k

-- postgresql: a join without equality
select count(*) from generate_series(1, 1000000) a(x) join generate_series(1, 1000000) b(y) on a.x * 7 % 1000 < b.y % 13

-- postgresql: recursion without an end
with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r

-- postgresql: recursion that doubles its rows
with recursive r(n) as (select 1 union all select n + 1 from r, (values (1), (2)) v) select count(*) from r

-- postgresql: recursion that doubles a text
with recursive r(s) as (select 'x' union all select s || s from r) select max(length(s)) from r

-- postgresql: a running window over all rows
select max(s) from (select sum(i) over (order by i) s from generate_series(1, 1000000000) t(i)) x

-- postgresql: a window with a wide frame
select max(m) from (select median(i) over (order by i rows between 1000000 preceding and current row) m from generate_series(1, 3000000) t(i)) x

-- postgresql: a window of lists
select max(len(l)) from (select list(i) over (order by i) l from generate_series(1, 100000) t(i)) x

-- postgresql: nested series
select count(*) from (select unnest(range(i)) from generate_series(1, 10000000) t(i)) x

-- postgresql: a series of times
select count(*) from generate_series(timestamp '1900-01-01', timestamp '2900-01-01', interval '1 second')

-- postgresql: powers of large numbers
select sum((i ^ 3) * factorial(20)) from generate_series(1, 1000000000) t(i)

-- postgresql: hashes of all rows
select max(md5(i::text)) from generate_series(1, 1000000000) t(i)

-- postgresql: a pattern for all rows
select count(*) from generate_series(1, 1000000000) t(i) where i::text ~ '(1|2)+(3|4)*5$'

-- postgresql: replaced by a pattern
select max(length(regexp_replace(i::text, '.', 'yyyyyyyyyy', 'g'))) from generate_series(1, 1000000000) t(i)

-- postgresql: JSON of all rows
select length(json_group_array(i)::text) from generate_series(1, 1000000000) t(i)

-- postgresql: JSON of a list
select length(to_json(range(100000000))::text)

-- postgresql: objects of JSON
select json_group_object(i::text, i) from generate_series(1, 1000000000) t(i)

-- postgresql: a histogram of all rows
select length(histogram(i)::text) from generate_series(1, 1000000000) t(i)

-- postgresql: a pivot of many columns
select * from (pivot (select i % 5000 a, i b from generate_series(1, 10000000) t(i)) on a in (1, 2, 3) using list(b))

-- postgresql: explained and run
explain analyze select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b

-- postgresql ordinary: a text that all rows share
select repeat('x', 1000000) from generate_series(1, 2000)

-- postgresql: a list that all rows share
select l, 'b' from (select array_agg(i) as l from generate_series(1, 300000) t(i)) v, generate_series(1, 2000)

-- postgresql: a row that all rows share
select row(s) from (select string_agg(i::text, '') as s from generate_series(1, 100000) t(i)) v, generate_series(1, 2000)

-- postgresql: explained
explain select repeat('x', 1000000000) || list_sort(range(1000000000))[1]

-- postgresql: written into a table
insert into silver.heavy select i, repeat('x', 1000) from generate_series(1, 1000000000) t(i)

-- postgresql: written and returned
insert into silver.heavy select i, repeat('x', 1000000) from generate_series(1, 100000) t(i) returning *

-- postgresql: a table changed
update silver.heavy set s = repeat('x', 1000000000)

-- postgresql: a table joined with itself
select count(*) from silver.heavy a, silver.heavy b, silver.heavy c, generate_series(1, 1000000) d where length(a.s || b.s || c.s) > 0

-- postgresql: quantiles of all rows
select quantile_cont(i, 0.5), mode(i) from generate_series(1, 1000000000) t(i)

-- postgresql: the catalog joined with itself
select count(*) from pg_catalog.pg_type a, pg_catalog.pg_type b, pg_catalog.pg_type c, pg_catalog.pg_type d

-- postgresql: the catalog with a series
select count(*) from pg_catalog.pg_class, generate_series(1, 1000000000) t(i)

-- postgresql: all permutations
select count(distinct (a.i, b.i, c.i)) from generate_series(1, 1000) a(i), generate_series(1, 1000) b(i), generate_series(1, 1000) c(i)

-- postgresql: two long texts compared for each row
select max(damerau_levenshtein(repeat('a', 3000) || i::text, repeat('b', 3000))) from generate_series(1, 100000) t(i)

-- postgresql: set operations over all rows
select count(*) from (select i from generate_series(1, 1000000000) t(i) except select i from generate_series(5, 1000000000) t(i)) x

-- trino: an array of a thousand million numbers
select cardinality(sequence(1, 1000000000))

-- trino: an array for each element
select cardinality(transform(sequence(1, 10000), x -> sequence(1, 10000)))

-- trino: joined to one text
select length(array_join(transform(sequence(1, 10000), x -> lpad('y', 100000, 'y')), ','))

-- trino: padded
select length(lpad('x', 2000000000, 'y'))

-- trino: replaced by more
select length(replace(lpad('x', 1000000, 'x'), 'x', lpad('y', 100000, 'y')))

-- trino: cross joins of what is not nested any more
select count(*) from unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(y), unnest(sequence(1, 10000)) c(z)

-- trino: maps of all rows
select cardinality(map_agg(x * 10000 + y, lpad('y', 1000, 'y'))) from unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(y)

-- trino: split into many
select cardinality(split(lpad('x,', 10000000, 'x,'), ','))

-- postgresql ordinary: the structure of deep JSON
select json_structure(repeat('[', 100000) || repeat(']', 100000))

-- postgresql ordinary: deep JSON in a column
select count(json_contains(j, '1')) from (select repeat('{"a":', i * 10000) || '1' || repeat('}', i * 10000) from generate_series(1, 10) t(i)) x(j)

-- postgresql ordinary: deep JSON merged
select length(json_merge_patch(repeat('{"a":', 80000) || '1' || repeat('}', 80000), repeat('{"a":', 80000) || '1' || repeat('}', 80000))::text)

-- postgresql ordinary: deep JSON as a variant
select (repeat('[', 20000) || repeat(']', 20000))::json::variant::text

-- postgresql ordinary: a deep type
select json_transform('1', repeat('[', 10000) || '"INT"' || repeat(']', 10000))

-- postgresql ordinary: deep JSON with a line for each value
select length(json_pretty(repeat('[', 100000) || repeat(']', 100000)))

-- postgresql ordinary: the tree of deep JSON
select count(*) from json_tree(repeat('[', 100000) || repeat(']', 100000))

-- postgresql ordinary: a computed pattern with many wildcards
select repeat('a', 60) like repeat('%a', 20) || '%b'

-- postgresql ordinary: a written pattern with many wildcards
select count(*) from silver.heavy where replace(s, 'x', 'a') like '%a_%a_%a_%a_%a_%a_%a_%a_%a_%a_%a_%b'

-- postgresql: a pattern of GLOB with many wildcards
select repeat('a', 60) glob repeat('*a', 20) || '*b'

-- trino: a computed pattern with many wildcards
select rpad('a', 60, 'a') like rpad('', 40, '%a') || '%b'

-- trino: the structure of deep JSON
select length(json_structure(rpad('', 100000, '[') || rpad('', 100000, ']')))
