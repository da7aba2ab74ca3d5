using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Smtp;

/// <summary>
/// A mail server that takes mail over for delivery.
/// <c>smtp://monolith@mail.example.org?from=noreply@example.org&amp;password-file=/run/secrets/mail</c>.
/// </summary>
public sealed class SmtpAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["smtp", SmtpSettings.TlsScheme];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings => [new(Port.Mail.Name, SmtpSettings.Keys, AddMail)];

    private static void AddMail(IServiceCollection services, AdapterUrl url)
    {
        var settings = SmtpSettings.Read(url);
        services.AddSingleton(provider => new SmtpLink(
            settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SmtpLink>>()));
        services.AddSingleton<IMailer>(
            provider => new SmtpMailer(provider.GetRequiredService<SmtpLink>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<SmtpLink>());
        services.AddHostedService(provider => provider.GetRequiredService<SmtpLink>());
    }
}
