-- A small shop: the same rows each time.
create table customers (
    id integer primary key,
    name text not null,
    state text not null
);
create table products (
    id integer primary key,
    name text not null,
    price numeric(10, 2) not null
);
create table orders (
    id bigint primary key,
    customer_id integer not null references customers,
    ordered_at timestamptz not null
);
create table order_items (
    order_id bigint not null references orders,
    line integer not null,
    product_id integer not null references products,
    quantity integer not null,
    primary key (order_id, line)
);

insert into customers
select n, 'Customer ' || n, (array['SP', 'RJ', 'MG', 'BA', 'PR'])[1 + n % 5]
from generate_series(1, 500) n;

insert into products
select n, 'Product ' || n, 5 + (n * 37 % 200) * 0.5
from generate_series(1, 40) n;

insert into orders
select n, 1 + n * 7 % 500, timestamptz '2026-01-01 08:00+00' + n * interval '37 minutes'
from generate_series(1, 10000) n;

insert into order_items
select o, line, 1 + (o * 11 + line * 5) % 40, 1 + (o + line) % 4
from generate_series(1, 10000) o, generate_series(1, 2) line;
