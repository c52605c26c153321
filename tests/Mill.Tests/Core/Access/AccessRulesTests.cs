using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Access;

public sealed class AccessRulesTests
{
    /// <summary>The whole table; an operator may do everything.</summary>
    private static readonly Dictionary<Verb, Role[]> Table = new()
    {
        [Verb.ReadValue] = [Role.Reader, Role.Writer],
        [Verb.ListNames] = [Role.Reader, Role.Writer, Role.Deployer],
        [Verb.ReadHistory] = [Role.Reader, Role.Writer],
        [Verb.ReadDeleted] = [Role.Writer],
        [Verb.SetSecret] = [Role.Writer],
        [Verb.DeleteSecret] = [Role.Writer],
        [Verb.DestroyVersions] = [],
        [Verb.ReadMetrics] = [Role.Deployer],
        [Verb.AdministerTokens] = [],
        [Verb.AdministerRetention] = [],
        [Verb.VerifyStore] = [],
        [Verb.BackUpStore] = [],
        [Verb.AdministerNodes] = [],
        [Verb.ReadServices] = [Role.Reader, Role.Writer, Role.Deployer],
        [Verb.OperateServices] = [Role.Deployer],
        [Verb.RunInContainers] = [],
    };

    public static TheoryData<Role, Verb> All
    {
        get
        {
            var all = new TheoryData<Role, Verb>();
            foreach (var role in Enum.GetValues<Role>())
            {
                foreach (var verb in Enum.GetValues<Verb>()) all.Add(role, verb);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_role_has_its_verbs_and_no_other(Role role, Verb verb)
    {
        var expected = role is Role.Operator || Table[verb].Contains(role);
        Assert.Equal(expected, AccessRules.Allows(role, verb));
        var refusal = Record.Exception(() => AccessRules.Demand(Samples.Caller(role), verb));
        Assert.Equal(expected, refusal is null);
        if (refusal is not null) Assert.Equal(MillError.Forbidden, Assert.IsType<MillException>(refusal).Error);
    }

    [Fact]
    public void An_unknown_role_may_do_nothing() => Assert.All(Enum.GetValues<Verb>(), verb => Assert.False(AccessRules.Allows((Role)99, verb)));

    [Fact]
    public void What_is_out_of_sight_is_not_found_before_the_role_is_looked_at()
    {
        var hidden = Assert.Throws<MillException>(() => Visibility.Demand(Samples.Caller(Role.Reader, allow: "other"), Samples.Name, Verb.SetSecret));
        Assert.Equal(MillError.NotFound, hidden.Error);
        var absent = SecretDecisions.NotFound(Samples.Name);
        Assert.Equal((absent.Message, absent.Hint), (hidden.Message, hidden.Hint));
        Assert.Equal(MillError.Forbidden, Assert.Throws<MillException>(() => Visibility.Demand(Samples.Caller(Role.Reader), Samples.Name, Verb.SetSecret)).Error);
    }

    [Theory]
    [InlineData(Role.Reader, VersionState.Current, true)]
    [InlineData(Role.Reader, VersionState.Deleted, false)]
    [InlineData(Role.Reader, VersionState.Destroyed, false)]
    [InlineData(Role.Writer, VersionState.Deleted, true)]
    [InlineData(Role.Operator, VersionState.Destroyed, true)]
    public void A_deleted_secret_shows_itself_to_a_writer_only(Role role, VersionState last, bool isSeen)
    {
        var state = States.With(Samples.History(3, last));
        Assert.Equal(isSeen, Visibility.Find(state, Samples.Caller(role), Samples.Name) is not null);
        Assert.Null(Visibility.Find(state, Samples.Caller(role) with { Tenant = TenantId.Parse("other") }, Samples.Name));
        Assert.Null(Visibility.Find(state, Samples.Caller(role), SecretName.Parse("other")));
    }

    [Fact]
    public void A_secret_whose_versions_are_all_pruned_is_not_there()
    {
        var state = States.With(Samples.History(1, first: 4) with { Versions = [] });
        Assert.Null(Visibility.Find(state, Samples.Caller(), Samples.Name));
    }
}
