using System.Security.Cryptography;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>Keys of this deployment, all derived from one secret that is made at the first start and kept in the first store.</summary>
public sealed class Secrets(Shards shards, StoredJson json, TimeProvider clock)
{
    private const string Kind = "kernel.secret.v1";
    private const string Master = "master";

    private byte[]? _master;

    /// <summary>Loads the secret, or makes it. Any number of nodes may start at once: one secret wins.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        while (_master is null)
        {
            if (await shards.First.Store.FindAsync(Kind, Master, cancellationToken) is { } stored)
            {
                _master = json.Read<MasterSecret>(stored.Body).Key;
                return;
            }

            var made = new DocumentWrite(
                Kind, Master, null, json.Write(new MasterSecret(RandomNumberGenerator.GetBytes(32))), 1) { ExpectedVersion = 0 };
            await shards.First.CommitAsync(
                new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [made] }, cancellationToken);
        }
    }

    /// <summary>Derives a key of 32 bytes for one purpose: the same on every node and after every restart (HKDF-SHA-256).</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        _master ?? throw new InvalidOperationException("The secret is not loaded yet."),
        32,
        info: System.Text.Encoding.UTF8.GetBytes(purpose));
}

/// <param name="Key">32 random bytes.</param>
internal sealed record MasterSecret(byte[] Key)
{
    public override string ToString() => nameof(MasterSecret);
}
