-- An answer may leave orders that came in some standards to another one: `,edifact,xml,`.

alter table subscriptions add column elsewhere text not null default '';
