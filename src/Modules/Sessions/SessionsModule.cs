using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Monolith.Sessions.Contracts;

namespace Monolith.Sessions;

/// <summary>Who is signed in where.</summary>
public sealed class SessionsModule : IModule
{
    /// <inheritdoc />
    public string Name => "sessions";

    /// <inheritdoc />
    public JsonSerializerContext Json => SessionsJson.Default;

    /// <inheritdoc />
    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        services.AddSingleton(SessionSettings.Read(configuration, faults));
        services.AddSingleton<LogInThrottle>();
        services.AddSingleton<ISessionHistory, SessionHistory>();
        services.AddSingleton<KnownSessions>();
        services.AddSingleton<ICacheInvalidator>(provider => provider.GetRequiredService<KnownSessions>());
        services.AddSingleton<LastSeen>();
        services.AddSingleton<DailyActivity>();
        services.AddTransient<SessionEnding>();
        services.AddHostedService(provider => provider.GetRequiredService<LastSeen>());
        services.AddAuthentication(SessionAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/v1/sessions").WithTags("Sessions").RequireAuthorization();
        sessions.MapLogIn();
        sessions.MapListSessions();
        sessions.MapEndSession();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(Session.Started))]
[JsonSerializable(typeof(Session.Ended))]
[JsonSerializable(typeof(ActiveDays))]
[JsonSerializable(typeof(ActiveDays.UserActive))]
[JsonSerializable(typeof(LogInBody))]
[JsonSerializable(typeof(LogInAnswer))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(Page<SessionView>))]
internal sealed partial class SessionsJson : JsonSerializerContext;
