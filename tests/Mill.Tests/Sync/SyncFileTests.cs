using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Requirements;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SyncFileTests
{
    [Fact]
    public void A_whole_file_says_what_it_says()
    {
        var file = SyncFile.Parse("""
            # what our builds need
            require:
              - DEPLOY_KEY
              - npm_token          # any case
            groups:
              DEPLOY_KEY: [DEPLOY_USER, deploy_host]
            targets:
              - to: acme/web
                secrets:
                  NPM_TOKEN: ci/npm-token
                  deploy_key: web/deploy.key
              - to: acme/web@production
                secrets: [DEPLOY_KEY]
                from: web/prod/
              - {to: 'acme/web:dependabot', from: bots/}
              - to: acme
                secrets: { SLACK: chat/slack }
            policy:
              - allow: ["*"]
                to: acme/*
              - deny: KUBE_*
                to: [acme/web, "acme/web@*"]
            provisioning: [KUBE_CONFIG, "SSH_*"]
            """, "mill-sync.yaml");

        var document = file.Document;
        Assert.Equal(["DEPLOY_KEY", "NPM_TOKEN"], document.Required);
        Assert.Equal("mill-sync.yaml:4:5", file.RequiredAt["NPM_TOKEN"].ToString());
        Assert.Equal(["DEPLOY_USER", "DEPLOY_HOST"], document.Groups["DEPLOY_KEY"]);
        Assert.Equal(["acme/web", "acme/web@production", "acme/web:dependabot", "acme"], document.Targets.Select(target => target.Scope.ToString()));
        Assert.Equal("web/deploy.key", document.Targets[0].Secrets["DEPLOY_KEY"]);
        Assert.Equal("ci/npm-token", document.Targets[0].Secrets["NPM_TOKEN"]);
        Assert.Equal(("DEPLOY_KEY", "web/prod/"), (document.Targets[1].Secrets["DEPLOY_KEY"], document.Targets[1].Prefix));
        Assert.Equal("bots/", document.Targets[2].Prefix);
        Assert.Equal([true, false], document.Policy!.Select(rule => rule.IsAllowed));
        Assert.Equal(["acme/web", "acme/web@*"], document.Policy![1].Targets);
        Assert.Equal(["KUBE_CONFIG", "SSH_*"], document.Provisioning);
    }

    [Fact]
    public void The_file_in_the_documents_is_one()
    {
        var document = SyncFile.Parse(SampleOfThePage(), "docs/sync.md").Document;
        Assert.Equal(["DEPLOY_KEY", "NPM_TOKEN"], document.Required);
        Assert.Equal(["acme/web", "acme/web@production", "acme:dependabot"], document.Targets.Select(target => target.Scope.ToString()));
        var policy = SecretPolicy.Of(document);
        Assert.All(document.Targets, target => Assert.All(target.Secrets, secret => Assert.True(policy.Judge(secret.Key, secret.Value, target.Scope).IsAllowed, $"{secret.Key} {target.Scope}")));
        Assert.True(policy.Judge("DEPLOY_KEY", "web/production/deploy.key", document.Targets[1].Scope).IsAllowed);
    }

    [Fact]
    public void The_file_in_the_documents_lets_nothing_leave_that_is_for_provisioning()
    {
        var document = SyncFile.Parse(SampleOfThePage(), "docs/sync.md").Document;
        var policy = SecretPolicy.Of(document);
        foreach (var name in SecretPolicy.UsualProvisioning.Select(pattern => pattern.Replace("*", "X", StringComparison.Ordinal)))
        {
            Assert.All(document.Targets, target => Assert.False(policy.Judge(name, target.Scope).IsAllowed));
            Assert.All(document.Targets, target => Assert.False(policy.Judge("NPM_TOKEN", name, target.Scope).IsAllowed));
        }
    }

    [Fact]
    public void The_workflow_in_the_documents_is_one_whose_secrets_the_check_finds()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "sync.md"));
        var begin = page.IndexOf("```yaml\nname:", StringComparison.Ordinal) + "```yaml\n".Length;
        var findings = WorkflowScan.Of(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)], "secrets.yml");
        Assert.Equal(["MILL_SYNC_TOKEN", "SYNC_PAT"], findings.Uses.Select(use => use.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(findings.Notes);
    }

    private static string SampleOfThePage()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "sync.md"));
        var begin = page.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\n")]
    [InlineData("{}\n")]
    public void A_file_that_says_nothing_is_one(string text)
    {
        var document = SyncFile.Parse(text, "f").Document;
        Assert.Empty(document.Required);
        Assert.Empty(document.Groups);
        Assert.Empty(document.Targets);
        Assert.Null(document.Policy);
        Assert.Null(document.Provisioning);
    }

    [Fact]
    public void An_empty_policy_is_not_the_same_as_none() => Assert.Empty(SyncFile.Parse("policy: []\nprovisioning: []\n", "f").Document.Policy!);

    [Theory]
    [InlineData("requires: [A]\n", "1:1 configuration There is no key \"requires\" here: did you mean require?")]
    [InlineData("zzz: [A]\n", "1:1 configuration There is no key \"zzz\" here. There is require, groups, targets, policy, provisioning.")]
    [InlineData("require: [A]\nrequire: [B]\n", "2:1 configuration require: stands here twice.")]
    [InlineData("require: [A, a]\n", "1:14 configuration A stands here twice.")]
    [InlineData("require: A\n", "1:10 configuration Here stands a list, each thing on a line of its own after a dash.")]
    [InlineData("require:\n", "1:9 configuration There is nothing behind the colon. Leave the key out, or write [] for none.")]
    [InlineData("require: [[A]]\n", "1:11 configuration Here stands a single text.")]
    [InlineData("require: [A-B]\n", "1:11 invalid_name GitHub has no secret of this name: only letters, digits and underscores may be in it.")]
    [InlineData("require: [GITHUB_TOKEN]\n", "1:11 invalid_name GitHub has no secret of this name: names that begin with GITHUB_ are GitHub's own.")]
    [InlineData("- A\n", "1:1 configuration Here stand names, each with a colon and something behind it.")]
    [InlineData("groups: {A: [B], a: [C]}\n", "1:18 configuration The group A stands here twice.")]
    [InlineData("targets: [{to: acme/web, secrets: [A]}, {to: Acme/Web, secrets: [B]}]\n", "1:41 configuration There is a target Acme/Web already: put both into one.")]
    [InlineData("targets: [{to: acme/web@Prod, secrets: [A]}, {to: acme/web@prod, from: x}]\n", "1:46 configuration There is a target acme/web@prod already: put both into one.")]
    [InlineData("targets: [{to: acme/web}]\n", "1:11 configuration The target says neither which secrets it is to have (secrets:) nor what their names begin with (from:).")]
    [InlineData("targets: [{secrets: [A]}]\n", "1:11 configuration The target does not say whose it is. Write to: owner/name")]
    [InlineData("targets: [{to: acme/web/x, secrets: [A]}]\n", "1:16 configuration This is no target: write owner/name, owner/name@environment or owner.")]
    [InlineData("targets: [{to: 'acme/web:dependbot', secrets: [A]}]\n", "1:16 configuration This is no target: behind the colon stands a store: dependabot or codespaces.")]
    [InlineData("targets: [{to: 'acme/web@prod:dependabot', secrets: [A]}]\n", "1:16 configuration This is no target: an environment has secrets for Actions only.")]
    [InlineData("targets: [{to: 'acme@prod', secrets: [A]}]\n", "1:16 configuration This is no target: write owner/name@environment.")]
    [InlineData("targets: [{to: 'acme/web@', secrets: [A]}]\n", "1:16 configuration This is no target: the environment has no name.")]
    [InlineData("targets: [{to: acme, secrets: {A: /x}}]\n", "1:35 invalid_name This is not the name of a secret in the vault. A name has 1 to 255 of A-Z a-z 0-9 _ . - /, starts with a letter, digit or _, and has no empty, '.' or '..' segment.")]
    [InlineData("targets: [{to: acme, from: //}]\n", "1:28 invalid_name No name in the vault begins like this. A name has 1 to 255 of A-Z a-z 0-9 _ . - /, starts with a letter, digit or _, and has no empty, '.' or '..' segment.")]
    [InlineData("targets: [{to: acme, secrets: {A: x, a: y}}]\n", "1:38 configuration A stands here twice.")]
    [InlineData("targets: [{to: acme, secret: [A], from: x}]\n", "1:22 configuration There is no key \"secret\" here: did you mean secrets?")]
    [InlineData("policy: [{allow: '*', deny: '*', to: '*'}]\n", "1:10 configuration A rule either allows or denies: write allow: or deny:, and which names.")]
    [InlineData("policy: [{to: '*'}]\n", "1:10 configuration A rule either allows or denies: write allow: or deny:, and which names.")]
    [InlineData("policy: [{deny: A, to: 'acme\\web'}]\n", "1:24 configuration No target is like this: letters, digits and -_./: may be in it, * for any of them, and behind an @ what an environment is called.")]
    [InlineData("policy: [{deny: A}]\n", "1:10 configuration The rule does not say for whom it is. Write to: owner/name, or to: '*'")]
    [InlineData("policy: [{deny: A-B, to: '*'}]\n", "1:17 invalid_name No name on GitHub is like this: letters, digits and underscores may be in it, and * for any of them.")]
    [InlineData("policy: [{deny: [], to: '*'}]\n", "1:17 configuration The list is empty, so the rule says nothing.")]
    [InlineData("policy:\n", "1:8 configuration There is nothing behind the colon. Leave the key out, or write [] for none.")]
    [InlineData("require: &a [A]\n", "1:10 configuration Anchors are not taken here.")]
    [InlineData("require: *a\n", "1:10 configuration Aliases are not taken here: write out what it stands for.")]
    [InlineData("require: [A]\n---\nrequire: [B]\n", "2:1 configuration There is more than one document in the file: the first ends here.")]
    public void What_is_wrong_is_said_with_its_place(string text, string expected) => Assert.Equal(expected, Assert.Single(Problems(text)));

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var problems = Problems("require: [A-B, C]\ngroup: {}\ntargets:\n  - to: nobody/x/y\n    secrets: [1X]\n");
        Assert.Equal(["1:11", "2:1", "4:9", "5:15"], problems.Select(problem => problem[..problem.IndexOf(' ', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("require: [A\n")]
    [InlineData("require: \"A\n")]
    [InlineData("a: b: c\n")]
    public void What_is_no_yaml_is_said_with_its_place(string text) => Assert.Contains("configuration This is not YAML that can be read: ", Assert.Single(Problems(text)), StringComparison.Ordinal);

    [Fact]
    public void Something_that_is_nested_without_end_is_refused_early() =>
        Assert.Contains("nested more than 64 deep", Assert.Single(Problems(new string('[', 200_000))), StringComparison.Ordinal);

    [Fact]
    public void Aliases_of_aliases_do_not_grow()
    {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(", ", Enumerable.Repeat($"*{(char)('a' + i - 1)}", 9))}]\n"));
        Assert.InRange(Problems(bomb).Count, 100, 400);
    }

    [Fact]
    public void No_value_that_stands_there_by_mistake_is_repeated()
    {
        var failure = Assert.Throws<MillException>(() => SyncFile.Parse("require: [TOKEN=hunter2]\ntargets: [{to: hunter2@x, secrets: {A: 'hunter2!'}}]\nprovisioning: ['hunter2 x']\n", "f"));
        Assert.All(failure.Problems.Select(problem => problem.Detail).Append(failure.Message), text => Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_no_text_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory("mill-sync-");
        try
        {
            var path = Path.Combine(directory.FullName, "f.yaml");
            await File.WriteAllBytesAsync(path, new byte[(1 << 20) + 1]);
            Assert.Equal(MillError.TooLarge, (await Assert.ThrowsAsync<MillException>(() => SyncFile.ReadAsync(path, "f.yaml", default))).Error);
            await File.WriteAllBytesAsync(path, [0x61, 0xff]);
            Assert.Equal(MillError.Configuration, (await Assert.ThrowsAsync<MillException>(() => SyncFile.ReadAsync(path, "f.yaml", default))).Error);
            Assert.Equal(MillError.Usage, (await Assert.ThrowsAsync<MillException>(() => SyncFile.ReadAsync(path + "x", "f.yaml", default))).Error);
            await File.WriteAllBytesAsync(path, [0xef, 0xbb, 0xbf, .. "require: [A-B]"u8]);
            Assert.Equal(11, Assert.Single((await Assert.ThrowsAsync<MillException>(() => SyncFile.ReadAsync(path, "f.yaml", default))).Problems).Column);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static List<string> Problems(string text)
    {
        var failure = Assert.Throws<MillException>(() => SyncFile.Parse(text, "f.yaml"));
        Assert.Equal(MillError.Configuration, failure.Error);
        Assert.All(failure.Problems, problem => Assert.Equal("f.yaml", problem.File));
        return [.. failure.Problems.Select(problem => $"{problem.Line}:{problem.Column} {problem.Code} {problem.Detail}")];
    }
}
