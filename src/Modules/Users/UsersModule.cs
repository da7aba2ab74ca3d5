using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authorization;
using Monolith.Users.Contracts;
using Monolith.Users.Passwords;

namespace Monolith.Users;

/// <summary>People: who they are and how they prove it.</summary>
public sealed class UsersModule : IModule
{
    /// <inheritdoc />
    public string Name => "users";

    /// <inheritdoc />
    public JsonSerializerContext Json => UsersJson.Default;

    /// <inheritdoc />
    public IReadOnlyList<Error> Errors =>
        [UsersErrors.EmailTaken, UsersErrors.WrongCredentials, UsersErrors.WrongPassword, UsersErrors.AdminLinkInvalid];

    /// <inheritdoc />
    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        services.AddSingleton<EmailHash>();
        services.AddSingleton<IAfterRewind, EraseAgain>();
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<PasswordRenewal>();
        services.AddHostedService(provider => provider.GetRequiredService<PasswordRenewal>());
        services.AddSingleton<CurrentPassword>();
        services.AddSingleton<TakenThrottle>();
        services.AddSingleton<IAuthorizationHandler, AdminAuthorization>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Caller.AdminPolicy, policy => policy.RequireAuthenticatedUser().AddRequirements(new AdminRequirement()));
        services.AddHostedService<FirstAdminLink>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/v1/users").WithTags("Users").RequireAuthorization();
        users.MapRegisterUser();
        users.MapGetOwnUser();
        users.MapUpdateUser();
        users.MapChangePassword();
        users.MapEraseUser();
        users.MapGetUser();
        routes.MapBecomeFirstAdmin();
        routes.MapGetUserStatistics();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(User.Registered))]
[JsonSerializable(typeof(User.DetailsChanged))]
[JsonSerializable(typeof(User.PasswordReplaced))]
[JsonSerializable(typeof(User.PasswordHashRenewed))]
[JsonSerializable(typeof(User.AdminMade))]
[JsonSerializable(typeof(User.Erased))]
[JsonSerializable(typeof(EmailClaim))]
[JsonSerializable(typeof(EmailClaim.Reserved))]
[JsonSerializable(typeof(EmailClaim.Taken))]
[JsonSerializable(typeof(EmailClaim.Released))]
[JsonSerializable(typeof(AdminInvitation))]
[JsonSerializable(typeof(AdminInvitation.Issued))]
[JsonSerializable(typeof(AdminInvitation.Accepted))]
[JsonSerializable(typeof(Profile))]
[JsonSerializable(typeof(AccountCount))]
[JsonSerializable(typeof(UserStatistics))]
[JsonSerializable(typeof(RegisterUser))]
[JsonSerializable(typeof(OwnUser))]
[JsonSerializable(typeof(ShownUser))]
[JsonSerializable(typeof(UpdateUserBody))]
[JsonSerializable(typeof(ChangePasswordBody))]
[JsonSerializable(typeof(EraseUserBody))]
[JsonSerializable(typeof(BecomeFirstAdminBody))]
[JsonSerializable(typeof(UserRegistered))]
[JsonSerializable(typeof(PasswordChanged))]
[JsonSerializable(typeof(UserErased))]
internal sealed partial class UsersJson : JsonSerializerContext;
