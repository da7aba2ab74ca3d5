// The three use cases on fastify. Its only argument is the folder for its data.
import fastify from "fastify";
import { openUsers } from "./users.mjs";

const name = { type: "string", minLength: 1, maxLength: 80 };
const address = {
    type: ["object", "null"],
    required: ["streetAddress", "city", "state", "postalCode"],
    properties: { streetAddress: { type: "string" }, city: { type: "string" }, state: { type: "string" }, postalCode: { type: "string" } },
};
const registerUser = {
    type: "object",
    required: ["email", "firstName", "lastName"],
    properties: { email: { type: "string", format: "email", maxLength: 254 }, firstName: name, lastName: name, address },
};
const updateUser = { type: "object", properties: { firstName: name, lastName: name, address } };
const profile = {
    id: { type: "string" }, firstName: { type: "string" }, lastName: { type: "string" }, memberSince: { type: "string" },
};
const ownUser = { ...profile, email: { type: "string" }, address };
// Answers are written by code that fastify makes of these.
const answers = (properties) => ({ "2xx": { type: "object", properties } });

const users = openUsers(process.argv[2]);
const app = fastify();

const problem = (reply, status, detail) =>
    reply.code(status).type("application/problem+json").send(JSON.stringify({ status, detail }));
const show = (reply, user) => reply.header("ETag", `"${user.version}"`).send(user);

app.setErrorHandler((error, _, reply) => problem(reply, error.validation ? 400 : (error.statusCode ?? 500), error.message));

app.post("/users", { schema: { body: registerUser, response: answers(ownUser) } }, (request, reply) => {
    const user = users.register(request.body);
    return user ? reply.code(201).header("Location", `/users/${user.id}`).send(user)
        : problem(reply, 409, "This e-mail address has an account already.");
});

app.patch("/users/:id", { schema: { body: updateUser, response: answers(ownUser) } }, (request, reply) => {
    const expected = request.headers["if-match"];
    if (expected === undefined) {
        return problem(reply, 428, "Say by If-Match which version you mean to change.");
    }

    const user = users.find(request.params.id);
    if (!user) {
        return problem(reply, 404, "There is no such user.");
    }

    // Nothing comes in between: the one thread reads, decides and writes.
    return expected === "*" || expected === `"${user.version}"`
        ? show(reply, users.update(user, request.body))
        : problem(reply, 412, "It was changed since you read it. Read it again.");
});

app.get("/users/:id", { schema: { response: answers(profile) } }, (request, reply) => {
    const user = users.find(request.params.id);
    return user ? show(reply, user) : problem(reply, 404, "There is no such user.");
});

console.log(`serving ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
