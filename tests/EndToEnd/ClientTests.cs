using System.Net;
using System.Net.Http.Headers;
using Monolith.Client;
using Problem = Monolith.Client.Problem;

namespace Monolith.EndToEnd.Tests;

/// <summary>The generated clients, against the real host: register, upload, fetch a variant.</summary>
public sealed class ClientTests : IDisposable
{
    private static readonly string _typescript = Path.Combine(Repository.Root, "clients", "typescript");

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_program_in_CSharp_registers_uploads_and_fetches_a_variant()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);
        using var http = new HttpClient(new SeeOwnWrites(new HttpClientHandler())) { BaseAddress = host.Address };
        var api = new MonolithClient(http);
        var account = new RegisterUser { Email = "ada@example.org", Password = "correct horse battery", FirstName = "Ada", LastName = "L" };

        var refused = await Assert.ThrowsAsync<ProblemException<Problem>>(
            () => api.RegisterUserAsync(new RegisterUser { Email = "ada", Password = "", FirstName = "", LastName = "" }, Cancelled));
        Assert.Equal((400, "validation"), (refused.StatusCode, refused.Result.Code));

        await api.RegisterUserAsync(account, Cancelled);
        var session = await api.LogInAsync(new LogInBody { Email = account.Email, Password = account.Password }, Cancelled);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.Result.Token);

        var me = await api.GetOwnUserAsync(cancellationToken: Cancelled);
        var changed = await api.UpdateUserAsync(
            me.Headers["ETag"].Single(), new UpdateUserBody { FirstName = "Grace", LastName = "Hopper" }, cancellationToken: Cancelled);
        Assert.Equal("Grace", changed.Result.FirstName);

        using var file = new MemoryStream(await PhotoVisit.PhotoAsync());
        var photo = (await api.UploadPhotoAsync(
            file: new FileParameter(file, "photo.jpg", "image/jpeg"), cancellationToken: Cancelled)).Result;
        await Eventually.IsSoAsync(async () =>
            (photo = (await api.GetPhotoAsync(photo.Id, cancellationToken: Cancelled)).Result).State != PhotoViewState.Processing);

        var variant = photo.Variants.First();
        using var image = await http.GetAsync(variant.Url, Cancelled);
        Assert.Equal((HttpStatusCode.OK, variant.Bytes), (image.StatusCode, (await image.Content.ReadAsByteArrayAsync(Cancelled)).Length));
    }

    [Fact]
    public async Task A_program_in_TypeScript_registers_uploads_and_fetches_a_variant()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);
        var photo = Path.Combine(_folder, "photo.jpg");
        await File.WriteAllBytesAsync(photo, await PhotoVisit.PhotoAsync(), Cancelled);

        var built = await NodeProgram.RunAsync(
            _typescript, "typescript", [Path.Combine("node_modules", "typescript", "bin", "tsc")], [], Cancelled);
        Assert.True(built.Code == 0, built.Output);
        var ran = await NodeProgram.RunAsync(
            _typescript, "openapi-fetch", [Path.Combine("dist", "example.js"), host.Address.ToString(), photo], [], Cancelled);

        Assert.True(ran.Code == 0, ran.Output);
        Assert.Matches("^refused: validation #/email\nregistered: Ada\nvariant: [a-z]+ 200 image/[a-z]+ true\n$", ran.Output);
    }
}
