-- Of whom a document's `given_to` holds: one sender, where it has interchanges of several that nobody is known by.

alter table documents add column given_sender text;
