using Mill.Core.Sync;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SecretPolicyTests
{
    private static readonly PolicyRule[] Rules =
    [
        new(true, ["DB_*", "TOKEN"], ["acme/*"]),
        new(false, ["DB_ROOT*"], ["*"]),
        new(true, ["*"], ["acme/web@production"]),
        new(false, ["TOKEN"], ["acme/*:dependabot", "acme/old"]),
    ];

    [Theory]
    [InlineData("DB_PASSWORD", "acme/web", true, "rule 1 of the policy allows DB_*, TOKEN to acme/*")]
    [InlineData("db_password", "ACME/Web", true, "rule 1 of the policy allows DB_*, TOKEN to acme/*")]
    [InlineData("DB_ROOT", "acme/web", false, "rule 2 of the policy denies DB_ROOT* to *")]
    [InlineData("DB_ROOT_PASSWORD", "acme/web@production", false, "rule 2 of the policy denies DB_ROOT* to *")]
    [InlineData("OTHER", "acme/web", false, "no rule of the policy allows it")]
    [InlineData("OTHER", "acme/web@production", true, "rule 3 of the policy allows * to acme/web@production")]
    [InlineData("OTHER", "acme/web@production2", false, "no rule of the policy allows it")]
    [InlineData("DB_PASSWORD", "other/web", false, "no rule of the policy allows it")]
    [InlineData("TOKEN", "acme/web:dependabot", false, "rule 4 of the policy denies TOKEN to acme/*:dependabot, acme/old")]
    [InlineData("TOKEN", "acme/older", true, "rule 1 of the policy allows DB_*, TOKEN to acme/*")]
    [InlineData("DEPLOY_SSH_KEY", "acme/web@production", false, "names like *_SSH_KEY are for provisioning and never leave")]
    public void A_decision_names_its_rule(string name, string target, bool isAllowed, string reason) =>
        Assert.Equal(new Decision(isAllowed, reason), new SecretPolicy(Rules, null).Judge(name, Scopes.Of(target)));

    [Theory]
    [InlineData("kube-config", false)]
    [InlineData("prod/kube-config", false)]
    [InlineData("infra/mill-master-key", false)]
    [InlineData("a/b/SSH_KEY", false)]
    [InlineData("db/password", true)]
    public void What_is_for_provisioning_in_the_vault_does_not_leave_under_another_name(string secret, bool isAllowed) =>
        Assert.Equal(isAllowed, new SecretPolicy([new(true, ["*"], ["*"])], null).Judge("HARMLESS", secret, Scopes.Of("acme/web")).IsAllowed);

    [Theory]
    [InlineData("KUBE_CONFIG")]
    [InlineData("KUBECONFIG")]
    [InlineData("kube_config_prod")]
    [InlineData("PROD_KUBECONFIG")]
    [InlineData("SSH_PRIVATE_KEY")]
    [InlineData("DOCKER_SSH_KEY")]
    [InlineData("MILL_MASTER_KEY")]
    public void What_is_for_provisioning_never_leaves_whatever_allows_it(string name)
    {
        Assert.False(new SecretPolicy([new(true, ["*"], ["*"])], null).Judge(name, Scopes.Of("acme/web")).IsAllowed);
        Assert.False(new SecretPolicy(null, null).Judge(name, Scopes.Of("acme/web")).IsAllowed);
        foreach (var more in (string[][])[[], ["OTHER"]]) Assert.False(new SecretPolicy([new(true, ["*"], ["*"])], more).Judge(name, Scopes.Of("acme/web")).IsAllowed);
    }

    [Fact]
    public void What_a_file_calls_provisioning_never_leaves_either_whatever_allows_it()
    {
        var policy = new SecretPolicy([new(true, ["*"], ["*"])], ["ROOT_*"]);
        Assert.Equal(new Decision(false, "names like ROOT_* are for provisioning and never leave"), policy.Judge("ROOT_KEY", Scopes.Of("acme/web")));
        Assert.All(SecretPolicy.UsualProvisioning, pattern => Assert.False(policy.Judge(pattern.Replace("*", "X", StringComparison.Ordinal), Scopes.Of("acme/web")).IsAllowed));
        Assert.True(policy.Judge("DB_PASSWORD", Scopes.Of("acme/web")).IsAllowed);
    }

    [Fact]
    public void Without_a_policy_all_else_may_leave() => Assert.True(new SecretPolicy(null, null).Judge("DB_PASSWORD", Scopes.Of("acme/web")).IsAllowed);

    [Fact]
    public void An_empty_policy_allows_nothing() => Assert.False(new SecretPolicy([], null).Judge("DB_PASSWORD", Scopes.Of("acme/web")).IsAllowed);

    [Fact]
    public void A_rule_that_denies_wins_over_any_others_in_any_order()
    {
        var random = new Random(7);
        string[] names = ["A", "AB", "ABC", "B_A"], patterns = ["*", "A*", "*A", "B*", "A*C"], targets = ["acme/web", "acme/api@prod", "other"], places = ["*", "acme/*", "acme/web", "*@prod", "other"];
        for (var i = 0; i < 2000; i++)
        {
            var rules = Enumerable.Range(0, random.Next(6)).Select(_ => new PolicyRule(random.Next(2) is 0, [Pick(patterns)], [Pick(places)])).ToList();
            var (name, target) = (Pick(names), Scopes.Of(Pick(targets)));
            var without = new SecretPolicy(rules, []).Judge(name, target).IsAllowed;
            rules.Insert(random.Next(rules.Count + 1), new(false, [name], [target.ToString()]));
            Assert.False(new SecretPolicy(rules, []).Judge(name, target).IsAllowed);
            rules.RemoveAll(rule => !rule.IsAllowed);
            var allowed = new SecretPolicy(rules, []).Judge(name, target).IsAllowed;
            Assert.True(allowed || !without); // to take denials away never takes a right away
        }

        string Pick(string[] from) => from[random.Next(from.Length)];
    }

    [Fact]
    public void Many_stars_take_no_time()
    {
        var policy = new SecretPolicy([new(true, [string.Concat(Enumerable.Repeat("*A", 120)) + "B"], ["*"])], []);
        Assert.False(policy.Judge(new string('A', 255), Scopes.Of("acme/web")).IsAllowed);
    }
}
