using Mill.Core.Model;

namespace Mill.Core.Members;

/// <summary>
/// How long the cluster's authority lasts, and when it is given more time. It keeps its key and its name: whoever has the certificate of before believes what is issued now, until that ends, and
/// whoever has the new one believes what was issued before. So nobody has to be told first.
/// </summary>
public static class AuthorityRules
{
    /// <summary>From a founding, or a renewal, on.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromDays(3650);

    /// <summary>What is left then is the time in which every copy of the certificate of before has to be replaced: more than three years.</summary>
    public static TimeSpan RenewedBefore { get; } = Lifetime / 3;

    /// <summary>With no more left than this, a person has to look.</summary>
    public static TimeSpan WarnedBefore { get; } = TimeSpan.FromDays(365);

    /// <summary>Whether it is given more time now; also where it has ended.</summary>
    public static bool IsDue(Timestamp end, Timestamp now) => now + RenewedBefore >= end;

    /// <summary>Whether somebody has to be told that it ends.</summary>
    public static bool EndsSoon(Timestamp end, Timestamp now) => now + WarnedBefore >= end;
}
