-- Run after each migration, by the owner: who may see and do what.
do $$
declare t record;
begin
    execute format('grant usage on schema %I to crossdock_tenant, crossdock_system', current_schema());
    for t in select c.table_name as name from information_schema.columns c
             join information_schema.tables b on b.table_schema = c.table_schema and b.table_name = c.table_name and b.table_type = 'BASE TABLE'
             where c.table_schema = current_schema() and c.column_name = 'tenant'
    loop
        execute format('alter table %I enable row level security', t.name);
        execute format('alter table %I force row level security', t.name);
        execute format('drop policy if exists of_the_tenant on %I', t.name);
        execute format('create policy of_the_tenant on %I to crossdock_tenant using (tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid) with check (tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t.name);
        execute format('drop policy if exists of_the_owner on %I', t.name);
        execute format('create policy of_the_owner on %I to %I using (true)', t.name, current_user);
        execute format('drop policy if exists of_the_system on %I', t.name);
        execute format('create policy of_the_system on %I to crossdock_system using (true) with check (true)', t.name);
        execute format('revoke all on %I from crossdock_tenant, crossdock_system', t.name);
        -- What is history is added to and never changed.
        if t.name in ('events', 'document_steps', 'mapping_revisions') then
            execute format('grant select, insert on %I to crossdock_tenant', t.name);
        else
            execute format('grant select, insert, update, delete on %I to crossdock_tenant', t.name);
        end if;
    end loop;
end $$;
revoke all on event_feed from crossdock_tenant, crossdock_system;
grant select, update on event_feed to crossdock_system;
grant select on tenants, api_keys to crossdock_system;
grant select (tenant, id, name, transport, partner, next_sequence, lease_owner, lease_epoch, lease_until, poll_owner, poll_until, failing) on connections to crossdock_system;
grant select (tenant, id, kind, name, partner, events, elsewhere, from_at, until_at) on subscriptions to crossdock_system;
grant select (tenant, sha256, size, chunks, sealed_at, created_at), delete on blobs to crossdock_system;
grant select (tenant, sha256, n), delete on blob_chunks to crossdock_system;
grant select (tenant, id, connection, sequence, sha256, size, received_at, state, duplicate_of, partner, sets, sets_done, tries, due, deadline, wait_us, swept_at, ended_at, raw_removed_at), update (deadline, wait_us, swept_at) on documents to crossdock_system;
grant select (tenant, document, ordinal, partner, ends, whole) on interchanges to crossdock_system;
grant select (tenant, id, document, run, set_no, split, interchange, as_one, standard, kind, partner, number, place, state, released, tries, due, created_at, ended_at, deadline, wait_us, swept_at, replaced_by, hold_scheme, hold_value), update (deadline, wait_us, swept_at) on messages to crossdock_system;
grant select (tenant, id, position, message, ordinal, kind, at), update (position) on events to crossdock_system;
grant select (tenant, id, event, document, message, subscription, partner, kind, target, state, control, sequence, tries, due, created_at, ended_at, deadline, wait_us, swept_at, acknowledged, carried_by, again_of), update (deadline, wait_us, swept_at) on deliveries to crossdock_system;
grant select (tenant, id, delivery, partner, standard, kind, interchange_no, group_no, set_no, message, created_at, received_by, verdict, verdict_by, verdict_at) on outbound_sets to crossdock_system;
grant select (tenant, id, kind, owes, partner, message, delivery, state, since, due_at, look_at, met_by, met_at, created_at) on expectations to crossdock_system;
grant select (tenant, id, partner, batch, target, kind, message, due_at, created_at) on batched_sets to crossdock_system;
grant select (tenant, scope, next, first) on control_numbers to crossdock_system;
grant select (tenant, document, since) on letters_owed to crossdock_system;
grant select, insert, delete on timers to crossdock_system;
grant select, insert, delete on outbox to crossdock_system;
grant select (tenant, id, thing, thing_id, stage, code, fingerprint, died_at, ended_at) on dead_letters to crossdock_system;
