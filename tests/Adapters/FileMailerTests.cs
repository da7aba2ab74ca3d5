using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class FileMailerTests : MailerContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    private readonly Guid _owner = Id.New(TimeProvider.System, new Bucket(1));

    protected override ValueTask<IMailer> StartAsync() =>
        ValueTask.FromResult<IMailer>(new FileMailer(_directory, "noreply@example.org", new FakeClock()));

    protected override async ValueTask<IReadOnlyList<byte[]>> SentAsync()
    {
        var mails = new List<byte[]>();
        foreach (var file in Directory.GetFiles(_directory, "*.eml"))
        {
            mails.Add(await File.ReadAllBytesAsync(file));
        }

        return mails;
    }

    protected override ValueTask StopAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Names_the_file_by_owner_and_id_and_writes_a_date_that_mail_programs_read()
    {
        var clock = new FakeClock();
        var mail = new Mail(Id.New(clock, new Bucket(1)), _owner, "ada@example.org", "Welcome", "Hello");

        await new FileMailer(_directory, "noreply@example.org", clock).SendAsync(mail, TestContext.Current.CancellationToken);

        Assert.Equal(
            $"""
            Date: Tue, 01 Jan 2030 00:00:00 +0000
            From: noreply@example.org
            To: ada@example.org
            Message-ID: <{mail.Id}@example.org>
            Subject: Welcome
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            Hello

            """.ReplaceLineEndings("\r\n"),
            await File.ReadAllTextAsync(Path.Combine(_directory, $"{_owner}.{mail.Id}.eml"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Keeps_a_subject_as_it_is_that_reads_like_an_encoded_word()
    {
        const string Subject = "=?utf-8?B?eA==?= is not an encoded word here";
        var mail = new Mail(Id.New(TimeProvider.System, new Bucket(1)), _owner, "ada@example.org", Subject, "");

        await new FileMailer(_directory, "noreply@example.org", TimeProvider.System).SendAsync(mail, TestContext.Current.CancellationToken);

        Assert.Equal(Subject, Parse(Assert.Single(await SentAsync())).Headers["Subject"]);
    }

    [Fact]
    public async Task Leaves_alone_what_is_there_so_that_no_program_picks_it_up_twice()
    {
        var clock = new FakeClock();
        var mailer = new FileMailer(_directory, "noreply@example.org", clock);
        var mail = new Mail(Id.New(clock, new Bucket(1)), _owner, "ada@example.org", "Welcome", "Hello");
        await mailer.SendAsync(mail, TestContext.Current.CancellationToken);
        var sent = Assert.Single(await SentAsync());

        clock.Advance(TimeSpan.FromDays(1));
        await mailer.SendAsync(mail, TestContext.Current.CancellationToken);

        Assert.Equal(sent, Assert.Single(await SentAsync()));
    }

    [Fact]
    public async Task Forgets_the_mails_to_one_owner_and_no_others()
    {
        var clock = new FakeClock();
        var mailer = new FileMailer(_directory, "noreply@example.org", clock);
        var other = Id.New(clock, new Bucket(1));
        await mailer.SendAsync(
            new Mail(Id.New(clock, new Bucket(1)), _owner, "ada@example.org", "One", "Hello"), TestContext.Current.CancellationToken);
        await mailer.SendAsync(
            new Mail(Id.New(clock, new Bucket(1)), _owner, "ada@example.org", "Two", "Hello"), TestContext.Current.CancellationToken);
        await mailer.SendAsync(
            new Mail(Id.New(clock, new Bucket(1)), other, "grace@example.org", "Three", "Hello"), TestContext.Current.CancellationToken);

        await mailer.ForgetAsync(_owner, TestContext.Current.CancellationToken);
        await mailer.ForgetAsync(_owner, TestContext.Current.CancellationToken);

        Assert.StartsWith($"{other}.", Path.GetFileName(Assert.Single(Directory.GetFiles(_directory, "*.eml"))), StringComparison.Ordinal);
    }
}
