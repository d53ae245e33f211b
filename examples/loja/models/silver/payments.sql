/* @foz
name: silver.payments
description: Payments as the provider reports them
materialization: view
owner: financeiro
columns:
  - name: payment_id
    description: Number at the provider
    checks: [not_null, unique]
  - name: order_id
    description: The order that is paid
    checks:
      - name: relationships
        to: silver.orders
        field: order_id
  - name: method
    description: How it is paid
    checks:
      - name: accepted_values
        value: [pix, credit_card, boleto]
@foz */
select
    payment_id,
    order_id,
    method,
    installments,
    amount,
    status,
    paid_at
from bronze.payments
