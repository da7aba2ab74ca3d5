// Users in SQLite: a row and an event in one transaction, on disk when it returns.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";

const schema = `
    create table if not exists users (
        id text primary key, unique_email text not null unique, email text not null, first_name text not null, last_name text not null,
        address text, member_since text not null, version integer not null) without rowid;
    create table if not exists events (
        position integer primary key, user text not null, version integer not null, type text not null, data text not null,
        at text not null, unique (user, version));`;

export function openUsers(folder) {
    const db = new Database(join(folder, "users.db"));
    db.pragma("journal_mode = wal");
    db.pragma("synchronous = full");
    db.exec(schema);

    const insertUser = db.prepare(`
        insert into users values (@id, @uniqueEmail, @email, @firstName, @lastName, @address, @memberSince, 1)
        on conflict (unique_email) do nothing`);
    const updateUser = db.prepare(`
        update users set first_name = @firstName, last_name = @lastName, address = @address, version = @version
        where id = @id and version = @version - 1`);
    const insertEvent = db.prepare(
        "insert into events (user, version, type, data, at) values (@id, @version, @type, @data, @at)");
    const findUser = db.prepare(`
        select id, email, first_name as firstName, last_name as lastName, address, member_since as memberSince, version
        from users where id = ?`);

    const store = db.transaction((statement, user, type, data, at) => {
        const row = { ...user, address: user.address ? JSON.stringify(user.address) : null };
        if (statement.run(row).changes === 0) {
            return null;
        }

        insertEvent.run({ id: user.id, version: user.version, type, data: JSON.stringify(data), at });
        return user;
    });

    return {
        find(id) {
            const user = findUser.get(id);
            return user && { ...user, address: user.address ? JSON.parse(user.address) : undefined };
        },

        /** Null when the address has an account already. */
        register({ email, firstName, lastName, address }) {
            const at = new Date().toISOString();
            const user = {
                id: randomUUID(), email, uniqueEmail: email.trim().toLowerCase(), firstName, lastName, address, memberSince: at, version: 1,
            };
            return store(insertUser, user, "registered", { email, firstName, lastName, address }, at);
        },

        /** A merge patch: what is missing stays, a null address is removed. */
        update(user, { firstName = user.firstName, lastName = user.lastName, address = user.address }) {
            if (firstName === user.firstName && lastName === user.lastName && JSON.stringify(address) === JSON.stringify(user.address)) {
                return user;
            }

            const changed = { ...user, firstName, lastName, address, version: user.version + 1 };
            return store(updateUser, changed, "details-changed", { firstName, lastName, address }, new Date().toISOString());
        },
    };
}
