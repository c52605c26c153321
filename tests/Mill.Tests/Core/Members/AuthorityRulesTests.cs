using Mill.Core.Members;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Members;

public sealed class AuthorityRulesTests
{
    private static readonly Timestamp End = Timestamp.From(new(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1);

    [Fact]
    public void It_is_renewed_when_a_third_of_a_life_is_left_and_when_it_has_ended()
    {
        var third = End - (AuthorityRules.Lifetime / 3);
        Assert.False(IsDue(End - AuthorityRules.Lifetime));
        Assert.False(IsDue(third - Tick));
        Assert.True(IsDue(third));
        Assert.True(IsDue(End));
        Assert.True(IsDue(End + AuthorityRules.Lifetime));

        static bool IsDue(Timestamp now) => AuthorityRules.IsDue(End, now);
    }

    [Fact]
    public void Somebody_is_told_in_the_last_year_which_is_long_after_that()
    {
        Assert.False(AuthorityRules.EndsSoon(End, End - TimeSpan.FromDays(365) - Tick));
        Assert.True(AuthorityRules.EndsSoon(End, End - TimeSpan.FromDays(365)));
        Assert.True(AuthorityRules.EndsSoon(End, End + Tick));
        Assert.True(AuthorityRules.RenewedBefore > AuthorityRules.WarnedBefore * 3);
    }
}
