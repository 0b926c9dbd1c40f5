<?php
/**
 * Fills a real WordPress, or prints what it has.
 *
 * Arguments: the socket of the database, the folder of wp-content, a command, and its values.
 */

[, $socket, $content, $command] = $argv;
define( 'ABSPATH', '/usr/share/wordpress/' );
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', "localhost:$socket" );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_CONTENT_DIR', $content );
define( 'WP_HOME', 'http://gazette.example' );
define( 'WP_SITEURL', 'http://gazette.example' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
$table_prefix              = 'wp_';
$_SERVER['HTTP_HOST']      = 'gazette.example';
$_SERVER['SERVER_NAME']    = 'gazette.example';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REQUEST_URI']    = 'page' === $command ? "/?p=$argv[4]" : '/';
$_SERVER['QUERY_STRING']   = 'page' === $command ? "p=$argv[4]" : '';
if ( 'page' === $command ) {
	$_GET['p'] = $argv[4];
	define( 'WP_USE_THEMES', true );
}
if ( 'fill' === $command ) {
	define( 'WP_INSTALLING', true );
}
ini_set( 'display_errors', 'stderr' );
error_reporting( E_ALL & ~E_DEPRECATED );
require ABSPATH . 'wp-settings.php';

if ( 'fill' === $command ) {
	require ABSPATH . 'wp-admin/includes/upgrade.php';
	add_filter( 'pre_wp_mail', '__return_true' );
	wp_install( 'The Harbour Gazette', 'jo', 'jo@gazette.example', true, '', 'pw' );
	wp_delete_post( 1, true );
	wp_update_user( array( 'ID' => 1, 'display_name' => 'Jo Lee' ) );
	register_post_status( 'pitch', array( 'public' => false ) );
	$island = wp_insert_term( 'Island & sea', 'category' )['term_id'];
	$posts  = json_decode( file_get_contents( 'php://stdin' ), true );
	$ids    = array();
	foreach ( $posts as $post ) {
		$id = wp_insert_post(
			wp_slash(
				array(
					'post_content'  => $post['content'],
					'post_category' => array( $island ),
					'tags_input'    => array( 'ferry', 'pier' ),
					'post_author'   => 1,
				) + $post
			),
			true
		);
		if ( is_wp_error( $id ) ) {
			fwrite( STDERR, $id->get_error_message() );
			exit( 1 );
		}
		if ( 'trash' === ( $post['becomes'] ?? '' ) ) {
			wp_trash_post( $id );
		}
		if ( $post['picture'] ?? false ) {
			$file    = array( 'post_mime_type' => 'image/jpeg', 'post_title' => 'quay' );
			$picture = wp_insert_attachment( $file, 'quay.jpg', $id );
			update_post_meta( $picture, '_wp_attachment_image_alt', 'The quay & "pier"' );
			set_post_thumbnail( $id, $picture );
		}
		$ids[] = $id;
	}
	$comment = array( 'comment_post_ID' => $ids[0], 'comment_content' => 'A <item> & more' );
	wp_insert_comment( $comment );
	echo json_encode( $ids );
} elseif ( 'export' === $command ) {
	require ABSPATH . 'wp-admin/includes/export.php';
	export_wp( array( 'content' => 'all' ) );
} elseif ( 'rest' === $command ) {
	$request = new WP_REST_Request( 'GET', '/wp/v2/posts' );
	$server  = rest_get_server();
	echo json_encode( $server->response_to_data( rest_do_request( $request ), true ) );
} elseif ( 'page' === $command ) {
	switch_theme( $argv[5] );
	wp();
	require ABSPATH . WPINC . '/template-loader.php';
}
