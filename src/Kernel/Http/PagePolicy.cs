namespace Monolith.Kernel.Http;

/// <summary>
/// Feature of a response whose page was made by a library and needs more than <c>default-src 'self'</c>; the rest of the policy stays.
/// </summary>
/// <param name="Scripts">Sources of scripts, as in <c>script-src</c>.</param>
/// <param name="Styles">Sources of styles, as in <c>style-src</c>.</param>
public sealed record PagePolicy(string Scripts, string Styles);
