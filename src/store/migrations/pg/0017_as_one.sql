-- Messages of an interchange that is preserved: 1 if a bad one of them costs itself, 2 if it costs all of them.
alter table messages add column as_one bigint not null default 0;
create index messages_as_one on messages (tenant, document, interchange, state, set_no) where as_one > 0;
-- Its trailer was read, and what that says of its messages is carried out.
alter table interchanges add column whole bigint not null default 0;
