using System.Net;

namespace Monolith.Benchmarks.Peer;

/// <summary>
/// What the three use cases answer, the same in every application: one that is quick because it leaves something out is not measured.
/// </summary>
internal sealed class PeerContract
{
    private const int AtOnce = 8;

    private static readonly string[] _shown = ["id", "firstName", "lastName", "memberSince"];
    private static readonly string[] _own = [.. _shown, "email"];

    private readonly Candidate _candidate;
    private readonly PeerClient _client;

    private PeerContract(Candidate candidate, PeerClient client) => (_candidate, _client) = (candidate, client);

    /// <returns>It, as one that may be measured.</returns>
    /// <exception cref="NotMeasuredException">It answers something else.</exception>
    public static async Task<Candidate> CheckAsync(Candidate candidate)
    {
        using var client = new PeerClient(candidate);
        var contract = new PeerContract(candidate, client);
        var name = Id.New(TimeProvider.System, default).ToString("N"); // Another address in each run.
        await contract.RegistersAsync(name);
        var member = await client.JoinAsync($"second.{name}@example.org");
        await contract.ShowsAsync(member);
        await contract.UpdatesAsync(member);
        await contract.DecidesOnceAsync(member);
        return candidate;
    }

    private async Task RegistersAsync(string name)
    {
        var opened = await _client.RegisterAsync($"First.{name}@example.org", "Ada", "Lovelace");
        Answers("a registration", HttpStatusCode.Created, _own, opened);
        Expect("a registration", "its id at the end of Location", $"{opened.Location}".Split('/')[^1] == opened.Text("id"), opened);
        Refuses(
            "an address that is taken, in another spelling", HttpStatusCode.Conflict,
            await _client.RegisterAsync($"fIRST.{name}@example.org", "Ada", "Lovelace"));
        Refuses("what is no address", HttpStatusCode.BadRequest, await _client.RegisterAsync("none", "Ada", "Lovelace"));
        Refuses(
            "a registration without a name", HttpStatusCode.BadRequest,
            await _client.RegisterAsync($"third.{name}@example.org", "", "Lovelace"));
    }

    private async Task ShowsAsync(Member member)
    {
        var shown = await _client.ShowAsync(member, member.Id);
        Answers("a read", HttpStatusCode.OK, _shown, shown);
        Expect("a read", "the registered names", (shown.Text("firstName"), shown.Text("lastName")) == ("Ada", "Lovelace"), shown);
        Expect("a read", "its version as ETag", shown.Version > 0, shown);
        Refuses(
            "a read of an unknown user", HttpStatusCode.NotFound,
            await _client.ShowAsync(member, Id.New(TimeProvider.System, default).ToString()));
    }

    private async Task UpdatesAsync(Member member)
    {
        var before = await _client.ShowAsync(member);
        var any = await _client.UpdateAsync(member, "*", "Grace");
        Answers("an update of any version", HttpStatusCode.OK, _own, any);
        Expect("an update", "the name as sent", any.Text("firstName") == "Grace", any);
        Expect("an update", "the next version as ETag", any.Version == before.Version + 1, any);
        Refuses(
            "an update of an old version", HttpStatusCode.PreconditionFailed, await _client.UpdateAsync(member, before.Tag, "Barbara"));
        Refuses("an update of no version", HttpStatusCode.PreconditionRequired, await _client.UpdateAsync(member, null, "Barbara"));
        Refuses("an update to an empty name", HttpStatusCode.BadRequest, await _client.UpdateAsync(member, "*", ""));

        var present = await _client.UpdateAsync(member, any.Tag, "Barbara");
        Answers("an update of the present version", HttpStatusCode.OK, _own, present);
        var same = await _client.UpdateAsync(member, "*", "Barbara");
        Answers("an update that changes nothing", HttpStatusCode.OK, _own, same);
        Expect("an update that changes nothing", "the same version", same.Tag == present.Tag, same);
        var shown = await _client.ShowAsync(member);
        Expect("a read", "what was updated", (shown.Text("firstName"), shown.Tag) == ("Barbara", present.Tag), shown);
    }

    private async Task DecidesOnceAsync(Member member)
    {
        var before = await _client.ShowAsync(member);
        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => _client.UpdateAsync(member, before.Tag, $"Ada {i}")));
        var after = await _client.ShowAsync(member);
        var accepted = answers.Where(a => a.Status == HttpStatusCode.OK).ToList();
        Expect($"{AtOnce} updates of one version at once", "one accepted", accepted.Count == 1, after);
        Expect($"{AtOnce} updates of one version at once", "one stored", after.Version == before.Version + 1, after);
        Expect("a read", "what was accepted", after.Text("firstName") == accepted[0].Text("firstName"), after);
        foreach (var refused in answers.Except(accepted))
        {
            // Before or after it was read.
            var status = refused.Status == HttpStatusCode.Conflict ? HttpStatusCode.Conflict : HttpStatusCode.PreconditionFailed;
            Refuses($"{AtOnce} updates of one version at once", status, refused);
        }
    }

    private void Answers(string what, HttpStatusCode status, IEnumerable<string> members, Answer answer)
    {
        Expect(what, $"{(int)status}", answer.Status == status, answer);
        Expect(what, "JSON", answer.Type == "application/json", answer);
        foreach (var member in members)
        {
            Expect(what, $"the member {member}", answer.Text(member).Length > 0, answer);
        }
    }

    // As problem details (RFC 9457).
    private void Refuses(string what, HttpStatusCode status, Answer answer)
    {
        Expect(what, $"{(int)status}", answer.Status == status, answer);
        Expect(what, "problem details", answer.Type == "application/problem+json", answer);
        Expect(what, "its status in them", answer.Text("status") == $"{(int)status}", answer);
    }

    private void Expect(string what, string wanted, bool isMet, Answer answer)
    {
        if (!isMet)
        {
            throw new NotMeasuredException(
                $"{_candidate.Name} is not measured, because it answers wrongly. Expected of {what}: {wanted}. It was: "
                    + $"{(int)answer.Status} {answer.Type} ETag {answer.Tag} {answer.Body}");
        }
    }
}
