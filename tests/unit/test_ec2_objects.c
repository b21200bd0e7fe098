/* SPDX-License-Identifier: Apache-2.0 */
/* Placement groups, launch templates and subnets against a scripted server on loopback. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"

#define GROUPS(items)                                                                              \
	"<DescribePlacementGroupsResponse><placementGroupSet>" items                               \
	"</placementGroupSet></DescribePlacementGroupsResponse>"
#define GROUP(name, tag)                                                                           \
	"<item><groupName>" name "</groupName><state>available</state><tagSet><item><key>t</key>"  \
	"<value>" tag "</value></item></tagSet></item>"

START_TEST(placement_groups)
{
	static const struct server_answer lost[] = {
		{.drop = true},
		{400, .body = ERROR("InvalidPlacementGroup.Duplicate", "exists")},
		{200, .body = GROUPS(GROUP("g", "1"))},
	};
	static const struct server_answer foreign[] = {
		{500, .body = ERROR("InternalError", "")},
		{400, .body = ERROR("InvalidPlacementGroup.Duplicate", "exists")},
		{200, .body = GROUPS(GROUP("g", "2"))},
	};
	static const struct server_answer taken[] = {
		{400, .body = ERROR("InvalidPlacementGroup.Duplicate", "exists")}};
	static const struct server_answer states[] = {
		{200, .body = GROUPS(GROUP("g", "1"))},
		{400, .body = ERROR("InvalidPlacementGroup.Unknown", "no")},
		{200, .body = GROUPS("")},
	};
	static const struct server_answer made[] = {{200, .body = DONE("CreatePlacementGroup")}};
	static const struct server_answer deletes[] = {
		{200, .body = DONE("DeletePlacementGroup")},
		{400, .body = ERROR("InvalidPlacementGroup.Unknown", "no")},
		{400, .body = ERROR("InvalidPlacementGroup.InUse", "used")},
	};
	static const struct server_answer lists[] = {
		{200, .body = GROUPS(GROUP("a", "1") GROUP("b", "1"))}};
	static const struct ec2_tag tags[] = {{"t", "1"}};
	char state[16] = "";
	char **names = NULL;
	size_t n = 0;

	begin(lost, 3);
	ck_assert_msg(
		!ec2_create_placement_group(aws, "g", "cluster", tags, 1, &err), "%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=CreatePlacementGroup&Version=2016-11-15&GroupName=g&Strategy=cluster"
		"&TagSpecification.1.ResourceType=placement-group&TagSpecification.1.Tag.1.Key=t"
		"&TagSpecification.1.Tag.1.Value=1");
	end();
	/* a zone has seven partitions, not the two that EC2 makes untold */
	begin(made, 1);
	ck_assert_int_eq(ec2_create_placement_group(aws, "g", "partition", NULL, 0, &err), 0);
	ck_assert_str_eq(server_body(server, 0),
		"Action=CreatePlacementGroup&Version=2016-11-15&GroupName=g&Strategy=partition"
		"&PartitionCount=7");
	end();
	begin(foreign, 3);
	expect(ec2_create_placement_group(aws, "g", "cluster", tags, 1, &err), ERR_BUSY,
		"InvalidPlacementGroup.Duplicate", "exists");
	ck_assert_uint_eq(server_count(server), 3);
	end();
	begin(taken, 1);
	expect(ec2_create_placement_group(aws, "g", "cluster", tags, 1, &err), ERR_BUSY,
		"InvalidPlacementGroup.Duplicate", "exists");
	ck_assert_uint_eq(server_count(server), 1);
	end();
	begin(states, 3);
	ck_assert_int_eq(ec2_placement_group_state(aws, "g", state, sizeof(state), &err), 0);
	ck_assert_str_eq(state, "available");
	expect(ec2_placement_group_state(aws, "g", state, sizeof(state), &err), ERR_CONSISTENCY,
		"InvalidPlacementGroup.Unknown", "no");
	expect(ec2_placement_group_state(aws, "g", state, sizeof(state), &err), ERR_NOTFOUND, "",
		"placement group g does not exist");
	end();
	begin(deletes, 3);
	ck_assert_int_eq(ec2_delete_placement_group(aws, "g", &err), 0);
	ck_assert_int_eq(ec2_delete_placement_group(aws, "g", &err), 0);
	expect(ec2_delete_placement_group(aws, "g", &err), ERR_BUSY, "InvalidPlacementGroup.InUse",
		"used");
	end();
	begin(lists, 1);
	ck_assert_int_eq(
		ec2_list_placement_groups(aws, "burst:cluster", "lab", &names, &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[1], "b");
	ck_assert_ptr_nonnull(strstr(server_body(server, 0),
		"Filter.1.Name=tag%3Aburst%3Acluster&Filter.1.Value.1=lab"));
	free(names[0]);
	free(names[1]);
	free(names);
	end();
}
END_TEST

#define TEMPLATE                                                                                   \
	"<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>"                 \
	"<launchTemplateId>lt-0a</launchTemplateId><versionNumber>7</versionNumber>"               \
	"<launchTemplateData><imageId>ami-1</imageId><userData>IyEvYmluL3No</userData>"            \
	"<keyName>k</keyName><blockDeviceMappingSet><item><deviceName>/dev/sda1</deviceName><ebs>" \
	"<volumeSize>50</volumeSize></ebs></item><item><deviceName>b</deviceName><noDevice/></"    \
	"item>"                                                                                    \
	"</blockDeviceMappingSet><tagSpecificationSet><item><resourceType>volume</resourceType>"   \
	"<tagSet><item><key>a</key><value>1</value></item><item><key>b</key><value>2</value></"    \
	"item>"                                                                                    \
	"</tagSet></item></tagSpecificationSet><licenseSet><item><licenseConfigurationArn>arn:l"   \
	"</licenseConfigurationArn></item></licenseSet><securityGroupIdSet><item>sg-1</item>"      \
	"<item>sg-2</item></securityGroupIdSet><metadataOptions><state>applied</state>"            \
	"<httpTokens>optional</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>"    \
	"</metadataOptions><iamInstanceProfile><name>old</name></iamInstanceProfile>"              \
	"<elasticGpuSpecificationSet/><networkInterfaceSet><item><deviceIndex>0</deviceIndex>"     \
	"<groupSet><groupId>sg-9</groupId></groupSet></item></networkInterfaceSet>"                \
	"</launchTemplateData></item></launchTemplateVersionSet>"                                  \
	"</DescribeLaunchTemplateVersionsResponse>"

START_TEST(templates)
{
	static const struct server_answer script[] = {
		{200, .body = TEMPLATE},
		{200, .body = TEMPLATE},
		{200, .body = "<CreateLaunchTemplateVersionResponse><launchTemplateVersion>"
			      "<versionNumber>8</versionNumber></launchTemplateVersion>"
			      "</CreateLaunchTemplateVersionResponse>"},
		{200, .body = "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet/>"
			      "</DescribeLaunchTemplateVersionsResponse>"},
	};
	static const struct ec2_nic nics[] = {{0, 0, "interface"}, {1, 0, "efa-only"}};
	static const char *const groups[] = {"sg-1"};
	struct ec2_template t = {0};
	int64_t version = 0;

	begin(script, 4);
	ck_assert_msg(!ec2_describe_template(aws, "site", "$Latest", &t, &err), "%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeLaunchTemplateVersions&Version=2016-11-15&LaunchTemplateName=site"
		"&LaunchTemplateVersion.1=%24Latest");
	ck_assert_str_eq(t.id, "lt-0a");
	ck_assert_int_eq(t.version, 7);
	ck_assert_str_eq(t.image_id, "ami-1");
	ck_assert(t.has_user_data);
	ck_assert_uint_eq(t.nsecurity_groups, 2);
	ck_assert_str_eq(t.security_groups[1], "sg-2");
	ec2_template_release(&t);
	ck_assert_msg(!ec2_create_template_version(aws, "lt-0a", 7, nics, 2, groups, 1, "prof",
			      NULL, "tok", "two cards", &version, &err),
		"%s", err.text);
	ck_assert_int_eq(version, 8);
	ck_assert_str_eq(server_body(server, 2),
		"Action=CreateLaunchTemplateVersion&Version=2016-11-15&ClientToken=tok"
		"&LaunchTemplateId=lt-0a&VersionDescription=two+cards"
		"&LaunchTemplateData.ImageId=ami-1&LaunchTemplateData.UserData=IyEvYmluL3No"
		"&LaunchTemplateData.KeyName=k"
		"&LaunchTemplateData.BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1"
		"&LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize=50"
		"&LaunchTemplateData.BlockDeviceMapping.2.DeviceName=b"
		"&LaunchTemplateData.BlockDeviceMapping.2.NoDevice="
		"&LaunchTemplateData.TagSpecification.1.ResourceType=volume"
		"&LaunchTemplateData.TagSpecification.1.Tag.1.Key=a"
		"&LaunchTemplateData.TagSpecification.1.Tag.1.Value=1"
		"&LaunchTemplateData.TagSpecification.1.Tag.2.Key=b"
		"&LaunchTemplateData.TagSpecification.1.Tag.2.Value=2"
		"&LaunchTemplateData.LicenseSpecification.1.LicenseConfigurationArn=arn%3Al"
		"&LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit=2"
		"&LaunchTemplateData.NetworkInterface.1.DeviceIndex=0"
		"&LaunchTemplateData.NetworkInterface.1.NetworkCardIndex=0"
		"&LaunchTemplateData.NetworkInterface.1.InterfaceType=interface"
		"&LaunchTemplateData.NetworkInterface.1.DeleteOnTermination=true"
		"&LaunchTemplateData.NetworkInterface.1.SecurityGroupId.1=sg-1"
		"&LaunchTemplateData.NetworkInterface.2.DeviceIndex=0"
		"&LaunchTemplateData.NetworkInterface.2.NetworkCardIndex=1"
		"&LaunchTemplateData.NetworkInterface.2.InterfaceType=efa-only"
		"&LaunchTemplateData.NetworkInterface.2.DeleteOnTermination=true"
		"&LaunchTemplateData.NetworkInterface.2.SecurityGroupId.1=sg-1"
		"&LaunchTemplateData.IamInstanceProfile.Name=prof"
		"&LaunchTemplateData.MetadataOptions.HttpEndpoint=enabled"
		"&LaunchTemplateData.MetadataOptions.HttpTokens=required"
		"&LaunchTemplateData.MetadataOptions.InstanceMetadataTags=enabled");
	expect(ec2_describe_template(aws, "lt-0a", "9", &t, &err), ERR_NOTFOUND, "",
		"launch template lt-0a has no version 9");
	expect(ec2_create_template_version(
		       aws, "lt-0a", 9, nics, 2, groups, 1, NULL, NULL, "tok", "", &version, &err),
		ERR_NOTFOUND, "", "has no version 9");
	end();
}
END_TEST

START_TEST(template_delete)
{
#define DELETED(code)                                                                              \
	"<DeleteLaunchTemplateVersionsResponse><unsuccessfullyDeletedLaunchTemplateVersionSet>"    \
	"<item><responseError><code>" code "</code><message>m</message></responseError></item>"    \
	"</unsuccessfullyDeletedLaunchTemplateVersionSet></DeleteLaunchTemplateVersionsResponse>"
	static const struct server_answer script[] = {
		{200, .body = "<DeleteLaunchTemplateVersionsResponse/>"},
		{200, .body = DELETED("launchTemplateVersionDoesNotExist")},
		{200, .body = DELETED("unexpectedError")},
	};

	begin(script, 3);
	ck_assert_int_eq(ec2_delete_template_version(aws, "lt-1", 3, &err), 0);
	ck_assert_int_eq(ec2_delete_template_version(aws, "lt-1", 3, &err), 0);
	expect(ec2_delete_template_version(aws, "lt-1", 3, &err), ERR_FATAL, "unexpectedError",
		"m");
	end();
}
END_TEST

START_TEST(subnets)
{
	static const struct server_answer script[] = {{200,
		.body = "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-b</subnetId>"
			"<availabilityZone>z2</availabilityZone><availableIpAddressCount>5"
			"</availableIpAddressCount></item><item><subnetId>subnet-a</subnetId>"
			"<availabilityZone>z1</availabilityZone><availableIpAddressCount>4091"
			"</availableIpAddressCount></item></subnetSet></DescribeSubnetsResponse>"}};
	static const char *const ids[] = {"subnet-a", "subnet-b", "subnet-c"};
	struct ec2_subnet *s = NULL;

	begin(script, 1);
	ck_assert_int_eq(ec2_describe_subnets(aws, ids, 2, &s, &err), 0);
	ck_assert_str_eq(s[0].az, "z1");
	ck_assert_int_eq(s[0].free_addresses, 4091);
	ck_assert_str_eq(s[1].id, "subnet-b");
	free(s);
	expect(ec2_describe_subnets(aws, ids, 3, &s, &err), ERR_NOTFOUND, "",
		"EC2 does not tell of subnet subnet-c");
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ec2_objects");
	TCase *tc = tcase_create("ec2_objects");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, placement_groups);
	tcase_add_test(tc, templates);
	tcase_add_test(tc, template_delete);
	tcase_add_test(tc, subnets);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
