using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Embedded;

/// <summary>Keeps blobs and mail in files on this machine.</summary>
public sealed class FileAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["file"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } =
        [new(Port.Blobs.Name, ["reserve"], AddBlobs), new(Port.Mail.Name, ["from"], AddMail)];

    private static void AddBlobs(IServiceCollection services, AdapterUrl url)
    {
        var path = url.LocalPath("file:data/blobs");
        var disk = new DiskSpace(path, url.Bytes("reserve", DiskSpace.DefaultReserve));
        services.AddSingleton<IDisk>(disk);
        services.AddSingleton<IBlobStore>(_ => new FileBlobStore(path, disk));
    }

    private static void AddMail(IServiceCollection services, AdapterUrl url)
    {
        var path = url.LocalPath("file:data/mail");
        var from = url.Text("from", "monolith@localhost");
        if (!Mail.IsAddress(from))
        {
            url.Faults.Add(url.Setting, "key \"from\" must be one address such as noreply@example.org");
        }

        services.AddSingleton<IMailer>(provider => new FileMailer(path, from, provider.GetRequiredService<TimeProvider>()));
    }
}
