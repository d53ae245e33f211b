select a, b from silver.orders where a > 1

select customer_id, count(*) as orders, sum(amount) as amount
from silver.orders
where amount > 0 and status = 'paid'
group by 1
order by 2 desc
limit 10

select
    o.order_id,
    o.customer_id,
    c.name as customer_name,
    o.ordered_at::date as ordered_on,
    o.amount - coalesce(o.discount, 0) as net
from silver.orders o
left join silver.customers c on c.customer_id = o.customer_id and c.is_current
where o.ordered_at between '2026-01-01' and '2026-12-31'
    and o.status is distinct from 'canceled'
    or o.amount > 1000

with
    paid as (select * from silver.orders where status = 'paid'),
    totals as (select customer_id, sum(amount) as amount from paid group by customer_id)
select *
from totals
order by amount desc

select
    order_id,
    case
        when amount > 1000 then 'large'
        when amount > 100 then 'middle'
        when amount > 10 then 'small'
        else 'tiny'
    end as size,
    row_number() over (partition by customer_id, status order by ordered_at desc, order_id) as n
from silver.orders

select
    extract(year from ordered_at) as year,
    round(
        sum(case when status = 'paid' then amount else 0 end)
        / nullif(count(*) filter (where status <> 'canceled'), 0),
        2
    ) as share
from silver.orders

select id, name
from silver.customers_of_the_north
where name is not null
union all
select id, name
from silver.customers_of_the_south

select a
     , b
from t
where exists (select 1 from u where u.a = t.a)
    and a not in (select a from silver.another_table_with_a_long_name where b = 1 and c = 2)

select a -- the first
, b /* the second */ , c
, a_column_with_a_long_name_that_goes_on
, another_column_with_a_long_name_too
from t

select
    order_id,
    round(sum(amount_of_the_items) / nullif(count(*) filter (where status <> 'canceled'), 0), 2)
        || ' reais' as share
from s

select o.id
from silver.orders as o
left join silver.customers_as_they_are_now as c
    on c.customer_id = o.customer_id and c.is_current and c.state = o.state

select
    [1, 2, 3] as few,
    [
        'a long text number one', 'a long text number two', 'a long text number three', 'and four'
    ] as many
from t
cross join u
asof join v using (a, b)
where x
