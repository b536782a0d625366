//! PostgreSQL: private and shared.

use crate::hub::services::Postgres;
use sqlx::{Connection, Executor, PgConnection};

async fn count(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("select count(*) from kept").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_survives_kill_and_restart() {
    let postgres = Postgres::start().await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    connection.execute("create table kept (n int)").await.unwrap();
    for round in 1..=3 {
        connection.execute("insert into kept select generate_series(1, 100)").await.unwrap();
        postgres.kill9();
        assert!(connection.ping().await.is_err(), "the connection outlived the server");
        assert!(PgConnection::connect(&postgres.url()).await.is_err(), "the server outlived its kill");
        postgres.restart().await;
        assert_eq!(count(&postgres.url()).await, 100 * round);
        connection = PgConnection::connect(&postgres.url()).await.unwrap();
    }
    // An orderly restart, while somebody is connected.
    postgres.restart().await;
    assert_eq!(count(&postgres.url()).await, 300);
}

#[tokio::test]
async fn its_owner_is_no_superuser_and_may_make_roles() {
    let database = Postgres::database().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let (superuser, roles): (bool, bool) =
        sqlx::query_as("select rolsuper, rolcreaterole from pg_roles where rolname = current_user")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert!(!superuser, "a superuser sees through row-level security");
    assert!(roles, "the hub makes its roles itself");
}

#[tokio::test]
async fn databases_are_apart_and_dropped_with_their_value() {
    let (one, other) = (Postgres::database().await, Postgres::database().await);
    let mut connection = PgConnection::connect(one.url()).await.unwrap();
    connection.execute("create table kept (n int)").await.unwrap();
    let mut beside = PgConnection::connect(other.url()).await.unwrap();
    assert!(beside.execute("select * from kept").await.is_err(), "the other database has the table, too");

    let name = one.name().to_owned();
    drop(one); // with a connection open
    let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(name)
        .fetch_one(&mut beside)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn connections_can_be_cut() {
    let postgres = Postgres::start().await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    assert_eq!(postgres.cut_connections().await, 1);
    assert!(connection.execute("select 1").await.is_err());
    assert!(PgConnection::connect(&postgres.url()).await.is_ok(), "a new connection is welcome");
}
