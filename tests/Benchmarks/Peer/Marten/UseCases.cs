using System.Globalization;
using JasperFx;
using Marten;
using Npgsql;

namespace Monolith.Peer;

/// <summary>The three use cases, called by both kinds of endpoints.</summary>
internal static class UseCases
{
    public static async Task<IResult> RegisterAsync(
        RegisterUser request, string path, IDocumentSession session, CancellationToken cancellationToken)
    {
        if (request.Faults() is { Count: > 0 } faults)
        {
            return Results.ValidationProblem(faults);
        }

        var registered = new UserRegistered(
            Guid.CreateVersion7(), request.Email!, request.FirstName!, request.LastName!, request.Address, DateTimeOffset.UtcNow);
        session.Events.StartStream<User>(registered.UserId, registered);
        try
        {
            await session.SaveChangesAsync(cancellationToken);
        }
        catch (Exception e) when (e.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return Results.Problem("This e-mail address has an account already.", statusCode: 409);
        }

        return Results.Created($"{path}/{registered.UserId}", Show(User.Create(registered)));
    }

    public static async Task<IResult> UpdateAsync(
        Guid id, UpdateUser request, HttpContext http, IDocumentSession session, CancellationToken cancellationToken)
    {
        if (http.Request.Headers.IfMatch is not [var expected])
        {
            return Results.Problem("Say by If-Match which version you mean to change.", statusCode: 428);
        }

        if (request.Faults() is { Count: > 0 } faults)
        {
            return Results.ValidationProblem(faults);
        }

        var stream = await session.Events.FetchForWriting<User>(id, cancellationToken);
        if (stream.Aggregate is not { } user)
        {
            return Results.Problem(statusCode: 404);
        }

        var version = stream.StartingVersion ?? 0;
        if (expected != "*" && expected != Tag(version))
        {
            return Results.Problem("It was changed since you read it. Read it again.", statusCode: 412);
        }

        var changed = new UserDetailsChanged(
            request.FirstName ?? user.FirstName, request.LastName ?? user.LastName,
            request.HasAddress ? request.Address : user.Address, DateTimeOffset.UtcNow);
        if ((changed.FirstName, changed.LastName, changed.Address) == (user.FirstName, user.LastName, user.Address))
        {
            return Answer(http, Show(user), version);
        }

        stream.AppendOne(changed);
        var updated = user.Apply(changed);
        try
        {
            await session.SaveChangesAsync(cancellationToken);
        }
        catch (ConcurrencyException)
        {
            return Results.Problem("Another request changed it at the same time.", statusCode: 409);
        }

        return Answer(http, Show(updated), version + 1);
    }

    public static async Task<IResult> ShowAsync(Guid id, HttpContext http, IQuerySession session, CancellationToken cancellationToken) =>
        await session.LoadAsync<User>(id, cancellationToken) is { } user
            ? Answer(http, new Profile(user.Id, user.FirstName, user.LastName, user.MemberSince), user.Version)
            : Results.Problem(statusCode: 404);

    private static OwnUser Show(User user) =>
        new(user.Id, user.Email, user.FirstName, user.LastName, user.Address, user.MemberSince);

    private static IResult Answer<T>(HttpContext http, T body, long version)
    {
        http.Response.Headers.ETag = Tag(version);
        return Results.Ok(body);
    }

    private static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
}
