using Monolith.Users.Contracts;
using Monolith.Users.Passwords;

namespace Monolith.Users;

internal sealed class RegisterUserValidator : AbstractValidator<RegisterUser>
{
    public RegisterUserValidator()
    {
        RuleFor(r => r.Email).NotEmpty().EmailAddress().MaximumLength(254);
        RuleFor(r => r.Password).ValidPassword();
        RuleFor(r => r.FirstName).ValidName();
        RuleFor(r => r.LastName).ValidName();
        RuleFor(r => r.Address!).SetValidator(new AddressValidator()).When(r => r.Address is not null);
    }
}

/// <summary>Opens an account. The claim on the address and the user lie in one bucket and one shard: always one commit.</summary>
internal sealed partial class RegisterUserHandler(
    UnitOfWork work, EmailHash emails, PasswordHashing passwords, TakenThrottle throttle, PlaceAllocator places, TimeProvider clock,
    ILogger<RegisterUserHandler> log)
    : IRequestHandler<RegisterUser, Result<OwnUser>>
{
    public async Task<Result<OwnUser>> Handle(RegisterUser request, CancellationToken cancellationToken)
    {
        if (await throttle.ByNetwork.RefusalAsync(request.Network, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        var claim = await work.LoadAsync<EmailClaim>(EmailClaim.StreamOf(emails.Of(Email.Normalize(request.Email))), cancellationToken);
        var id = Id.New<UserId>(clock, await places.FindAsync(claim.Stream.Bucket, User.Kind, cancellationToken));
        if (!claim.State.Take(id, clock.GetUtcNow()).TryGet(out var taken, out var refusal))
        {
            await throttle.ByNetwork.FailedAsync(request.Network);
            return refusal;
        }

        var hash = await passwords.HashAsync(request.Password, cancellationToken);
        var user = work.Start<User>(User.StreamOf(id));
        claim.Append(taken);
        user.Append(User.Register(id, request, hash, clock.GetUtcNow()));
        await work.CommitAsync(cancellationToken);

        LogRegistered(id);
        return GetOwnUserHandler.Show(id, user);
    }

    [LoggerMessage(LogLevel.Information, "Registered user {UserId}")]
    private partial void LogRegistered(UserId userId);
}

internal static class RegisterUserEndpoint
{
    public static void MapRegisterUser(this IEndpointRouteBuilder routes) => routes
        .MapPost("/", async (RegisterUser request, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(request with { Network = Throttle.NetworkOf(http.Connection.RemoteIpAddress) }, cancellationToken))
                .ToHttp(user => Results.Created($"/v1/users/{user.Id}", user)))
        .AllowAnonymous()
        .Does(Workload.Password)
        .WithName(nameof(RegisterUser))
        .WithSummary("Open an account")
        .Produces<OwnUser>(StatusCodes.Status201Created)
        .Refuses(UsersErrors.EmailTaken, PlatformErrors.RateLimited);
}

/// <summary>Slows down a caller that tries out which addresses have an account.</summary>
internal sealed class TakenThrottle(IAttemptLimiter limits)
{
    public Throttle ByNetwork { get; } = new("register-from", free: 100, limits);
}
