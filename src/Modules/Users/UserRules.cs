using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Rules that several requests share.</summary>
internal static class UserRules
{
    /// <summary>Any characters, 8 to 128 of them; no rules of composition (ASVS 6.2).</summary>
    public static IRuleBuilderOptions<T, string> ValidPassword<T>(this IRuleBuilder<T, string> rule) => rule.NotEmpty().Length(8, 128);

    public static IRuleBuilderOptions<T, string> ValidName<T>(this IRuleBuilder<T, string> rule) => rule.NotEmpty().MaximumLength(80);
}

internal sealed class AddressValidator : AbstractValidator<Address>
{
    public AddressValidator()
    {
        RuleFor(a => a.StreetAddress).NotEmpty().MaximumLength(200);
        RuleFor(a => a.City).NotEmpty().MaximumLength(100);
        RuleFor(a => a.State).NotNull().MaximumLength(100);
        RuleFor(a => a.PostalCode).NotEmpty().MaximumLength(20);
    }
}
