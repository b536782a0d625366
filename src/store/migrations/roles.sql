-- The two roles of the hub. They log in nowhere: the owner's connections take them by SET ROLE.
do $$
begin
    if not exists (select from pg_roles where rolname = 'crossdock_tenant') then
        create role crossdock_tenant nologin nosuperuser nobypassrls noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not exists (select from pg_roles where rolname = 'crossdock_system') then
        create role crossdock_system nologin nosuperuser nobypassrls noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not pg_has_role(current_user, 'crossdock_tenant', 'member') or not pg_has_role(current_user, 'crossdock_system', 'member') then
        execute format('grant crossdock_tenant, crossdock_system to %I', current_user);
    end if;
    if current_setting('server_version_num')::int >= 160000 then
        execute format('grant crossdock_tenant, crossdock_system to %I with set true', current_user);
    end if;
end $$;
