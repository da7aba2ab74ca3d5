namespace Monolith.Kernel.Adapters;

/// <summary>Where the password of an adapter's server comes from: its URL, an environment variable, or a file.</summary>
public sealed class PasswordSource
{
    private readonly string? _password;
    private readonly string? _file;

    private PasswordSource(string? password, string? file) => (_password, _file) = (password, file);

    /// <summary>The query keys that <see cref="Of(AdapterUrl)"/> reads.</summary>
    public static readonly IReadOnlyList<string> Keys = ["password-file", "password-env"];

    /// <summary>Reads where it is; what cannot be right becomes a fault.</summary>
    public static PasswordSource Of(AdapterUrl url) => Of(url, "password");

    /// <summary>Reads where a secret of another name is: <c>token</c> by the keys <c>token-file</c> and <c>token-env</c>.</summary>
    public static PasswordSource Of(AdapterUrl url, string secret)
    {
        var (variable, file) = (url.Text($"{secret}-env", ""), url.Text($"{secret}-file", ""));
        if (new[] { url.Password.Length > 0, variable.Length > 0, file.Length > 0 }.Count(isGiven => isGiven) > 1)
        {
            url.Faults.Add(url.Setting, $"gives the {secret} twice; keep one of the URL, \"{secret}-file\" and \"{secret}-env\"");
        }

        if (file.Length > 0 && FaultOf(file) is { } fault)
        {
            url.Faults.Add(url.Setting, $"key \"{secret}-file\" names a file that {fault}");
        }

        var password = variable.Length == 0 ? url.Password : Environment.GetEnvironmentVariable(variable);
        if (password is null)
        {
            url.Faults.Add(url.Setting, $"key \"{secret}-env\" names a variable that is not set");
        }

        return new PasswordSource(string.IsNullOrEmpty(password) ? null : password, file.Length == 0 ? null : file);
    }

    /// <summary>Whether there is one.</summary>
    public bool IsGiven => _file is not null || _password is not null;

    /// <summary>The password; null when there is none. Ask at each new connection: a file may have changed meanwhile.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public string? Read() => _file is null ? _password : Read(_file);

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => nameof(PasswordSource);

    private static string Read(string file) => File.ReadAllText(file).TrimEnd('\r', '\n');

    private static string? FaultOf(string file)
    {
        try
        {
            return !File.Exists(file) ? "is not there" : Read(file).Length == 0 ? "is empty" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "cannot be read";
        }
    }
}
